import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../sequence/duration.ts';
import { connect } from './api-client.ts';
import { type ApiOptions, VERDICT_CODES, withApi, withExample, withExitCodes } from './options.ts';
import { watchRun } from './watch-run.ts';

/** Reads a duration such as `90s` or `1h30m` as milliseconds. */
export function readDurationOption(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new InvalidArgumentError('it must be a duration such as 90s, 10m or 1h30m');
}

/** `slipway wait`: follows a run to its end. */
export function registerWait(program: Command): void {
  const command = withApi(program.command('wait'))
    .description('follow a run through all its stages to its end; the exit code is its verdict')
    .argument('<keptn-context>', 'context id that the trigger printed')
    .option(
      '--timeout <duration>',
      'give up after this time (exit code 3); the run goes on',
      readDurationOption,
    )
    .action(async (keptnContext: string, options: ApiOptions & { timeout?: number }) => {
      await watchRun(await connect(options), keptnContext, {
        output: options.output,
        timeoutMs: options.timeout,
      });
    });
  withExitCodes(command, ...VERDICT_CODES);
  withExample(command, 'slipway wait 6ef84c8d-2c19-48ee-9d6c-7583ed281841 --timeout 30m');
}
