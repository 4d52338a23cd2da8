import { stopTemporal } from './temporal.ts';

export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopTemporal();
  },
};
