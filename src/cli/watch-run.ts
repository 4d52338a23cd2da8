import type { Run, SlipwayClient } from '../client/index.ts';
import { exitCodeFor } from './exit-codes.ts';

/** How `--watch` and `wait` follow a run. */
export interface WatchOptions {
  output: 'table' | 'json';
  /** Milliseconds; undefined waits for ever. */
  timeoutMs?: number | undefined;
}

/** Follows a run with live progress on stderr, prints how it ended on stdout, and sets the exit code of its verdict. */
export async function watchRun(
  client: SlipwayClient,
  keptnContext: string,
  options: WatchOptions,
): Promise<Run> {
  const [{ startProgress }, { printResult }, { runRows, runSummary }] = await Promise.all([
    import('./output/progress.ts'),
    import('./output/print.ts'),
    import('./output/run-table.ts'),
  ]);
  const progress = startProgress(`waiting for ${keptnContext}`);
  try {
    const run = await client.waitForSequence(keptnContext, {
      timeoutMs: options.timeoutMs,
      onEvent: (event) => progress.event(event),
      onUnreachable: (error) => progress.note(`${error.message}; trying again`),
    });
    progress.stop();
    printResult(options.output, run, () => runRows(run));
    if (options.output === 'table') process.stdout.write(`${runSummary(run)}\n`);
    process.exitCode = exitCodeFor(run.result);
    return run;
  } finally {
    progress.stop();
  }
}
