import type { Command } from 'commander';
import { registerTriggerDelivery } from './delivery.ts';
import { registerTriggerEvaluation } from './evaluation.ts';
import { registerTriggerSequence } from './sequence.ts';

/** `slipway trigger …` */
export function registerTrigger(program: Command): void {
  const group = program
    .command('trigger')
    .helpCommand(false)
    .description('start a delivery, an evaluation or any sequence');
  registerTriggerDelivery(group);
  registerTriggerEvaluation(group);
  registerTriggerSequence(group);
}
