import type { Command } from 'commander';
import type { JsonObject } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { readData, readLabels, withExample } from '../options.ts';
import { freezeOverride, reportStarted, type TriggerOptions, withWatch } from './started.ts';

interface Options extends TriggerOptions {
  overrideFreeze?: string;
  stage: string;
  data?: JsonObject;
}

/** `slipway trigger sequence` */
export function registerTriggerSequence(group: Command): void {
  const command = group
    .command('sequence')
    .description('start any sequence of a stage')
    .argument('<name>', 'sequence')
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('--stage <name>', 'stage')
    .requiredOption('-s, --service <name>', 'service')
    .option('-d, --data <key=value,…>', 'payload of the event, dotted keys, repeatable', readData)
    .option('-l, --labels <key=value,…>', 'labels of the run, repeatable', readLabels)
    .option('--override-freeze <reason>', 'start although the stage is frozen; who and why are recorded');
  withWatch(command).action(async (sequence: string, options: Options) => {
    const client = await connect(options);
    const overrideFreeze = freezeOverride(options.overrideFreeze);
    const started = await client.triggerSequence({ ...options, sequence, overrideFreeze });
    await reportStarted(client, started, options);
  });
  withExample(
    command,
    'slipway trigger sequence rollback --project podtato-head --stage hardening --service helloservice --watch',
  );
}
