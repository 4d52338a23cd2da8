import { CancellationScope, log } from '@temporalio/workflow';
import { plainMessage } from './failures.ts';

/** Undo steps of one run: carried out in reverse order when it is aborted, forgotten when what they undo is made final. */
export class Compensations {
  readonly #steps: { name: string; undo: () => Promise<void> }[] = [];

  /** Registers the undo before the step itself, so that a step of unknown outcome is undone as well. */
  push(name: string, undo: () => Promise<void>): void {
    this.#steps.push({ name, undo });
  }

  /** What was done is now meant to stay. */
  clear(): void {
    this.#steps.length = 0;
  }

  /** Runs all undo steps, the newest first, whatever is being cancelled; answers the failures as sentences. */
  async run(): Promise<string[]> {
    const failures: string[] = [];
    await CancellationScope.nonCancellable(async () => {
      for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
        try {
          await step.undo();
        } catch (error) {
          log.error('compensation failed', { step: step.name, error: plainMessage(error) });
          failures.push(`${step.name}: ${plainMessage(error)}`);
        }
      }
    });
    return failures;
  }
}
