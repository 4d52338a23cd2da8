import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ProcessSpec, RunningProcess } from './child-process.ts';
import type { ProcessGroup } from './process-group.ts';

/** A child that is started again whenever it ends, until `stop`. */
export interface SupervisedProcess {
  stop(): Promise<void>;
}

/** Longest pause before a child that keeps ending is started again, in milliseconds. */
const MAX_PAUSE_MS = 5_000;
/** A child that ran this long has started well. */
const STEADY_MS = 30_000;

/**
 * Starts a child, waits until it is ready, and starts it again whenever it ends. `specOf` is asked before each start. Throws
 * ProcessStartError when the first start fails; later ones are tried again, since whatever the child lacks may come back.
 */
export async function startSupervised(
  processes: ProcessGroup,
  specOf: () => ProcessSpec,
  logger: Logger,
): Promise<SupervisedProcess> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let current = await processes.start(specOf(), signal);
  const startAgain = async (firstPauseMs: number): Promise<RunningProcess | undefined> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = longer(pauseMs)) {
      await delay(pauseMs, undefined, { signal }).catch(() => undefined); // stopping ends the pause
      if (signal.aborted) return undefined;
      try {
        return await processes.start(specOf(), signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        logger.error({ err: error }, `${current.name} does not start`);
      }
    }
  };
  const supervise = async (): Promise<void> => {
    for (let pauseMs = 0; ; ) {
      const since = Date.now();
      const exit = await current.exited;
      if (signal.aborted) return;
      pauseMs = Date.now() - since > STEADY_MS ? 0 : longer(pauseMs);
      logger.warn({ ...exit, pauseMs }, `${current.name} has ended and is started again`);
      const next = await startAgain(pauseMs);
      if (next === undefined) return;
      current = next;
      if (signal.aborted) await next.stop();
    }
  };
  const supervision = supervise();
  return {
    async stop() {
      stopping.abort();
      await current.stop();
      await supervision;
    },
  };
}

function longer(pauseMs: number): number {
  return Math.min(MAX_PAUSE_MS, pauseMs * 2 + 100);
}
