import type { Command } from 'commander';
import type { FreezeOverride, SlipwayClient, Started } from '../../client/index.ts';
import { loginName } from '../control/control.ts';
import { type ApiOptions, VERDICT_CODES, withApi, withExitCodes } from '../options.ts';
import { readDurationOption } from '../wait.ts';
import { watchRun } from '../watch-run.ts';

/** Options that all triggers share. */
export interface TriggerOptions extends ApiOptions {
  project: string;
  service: string;
  labels?: Record<string, string>;
  watch?: boolean;
  watchTime?: number;
}

/** Adds `--watch`, `--watch-time` and what every API command has. */
export function withWatch(command: Command): Command {
  const watching = command
    .option('-w, --watch', 'follow the run to its end; the exit code is its verdict')
    .option(
      '--watch-time <duration>',
      'give up watching after this time; the run goes on',
      readDurationOption,
    );
  return withExitCodes(
    withApi(watching),
    ...VERDICT_CODES,
    'Without --watch: 0 when it was started, else 3.',
  );
}

/** Tells the context of a started run, or follows the run when asked to. */
export async function reportStarted(
  client: SlipwayClient,
  started: Started,
  options: TriggerOptions,
): Promise<void> {
  const { keptnContext } = started;
  const { note, printDone } = await import('../output/print.ts');
  const text = `ID of Keptn context: ${keptnContext}`;
  if (!options.watch) {
    printDone(options.output, started, text);
    return;
  }
  note(text);
  await watchRun(client, keptnContext, { output: options.output, timeoutMs: options.watchTime });
}

/** What `--override-freeze` says, with the login name beside it. */
export function freezeOverride(reason: string | undefined): FreezeOverride | undefined {
  return reason === undefined ? undefined : { reason, by: loginName() };
}
