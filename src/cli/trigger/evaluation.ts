import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { readLabels, withExample } from '../options.ts';
import { reportStarted, type TriggerOptions, withWatch } from './started.ts';

interface Options extends TriggerOptions {
  stage: string;
  timeframe?: string;
  start?: string;
  end?: string;
  gitCommitId?: string;
}

/** `slipway trigger evaluation` */
export function registerTriggerEvaluation(group: Command): void {
  const command = group
    .command('evaluation')
    .description('evaluate a service over a span of time, without a delivery')
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('--stage <name>', 'stage')
    .requiredOption('-s, --service <name>', 'service')
    .option('--timeframe <duration>', 'length, at least 1m (default: 5m); ends now, or begins at --start')
    .option('--start <time>', 'begin, for example 2026-01-31T10:00:00Z')
    .option('--end <time>', 'end; needs --start and excludes --timeframe')
    .option('--git-commit-id <commit>', 'commit of the stage to read slo.yaml at')
    .option('-l, --labels <key=value,…>', 'labels of the evaluation, repeatable', readLabels);
  withWatch(command).action(async (options: Options) => {
    const client = await connect(options);
    await reportStarted(client, await client.triggerEvaluation(options), options);
  });
  withExample(
    command,
    'slipway trigger evaluation --project podtato-head --stage hardening --service helloservice --timeframe 10m --watch',
  );
}
