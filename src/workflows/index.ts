export { evaluation } from './evaluation.ts';
export { keepWarm } from './keep-warm.ts';
export { preview } from './preview.ts';
export { reaction } from './reaction.ts';
export { sequence } from './sequence.ts';
export { serviceQueue } from './service-queue.ts';
export { together } from './together.ts';
export { undeployment } from './undeployment.ts';
