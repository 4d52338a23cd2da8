import type { Command } from 'commander';
import type { JsonObject } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { readData, readLabels, withExample } from '../options.ts';
import { reportStarted, type TriggerOptions, withWatch } from './started.ts';

interface Options extends TriggerOptions {
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
    .option('-l, --labels <key=value,…>', 'labels of the run, repeatable', readLabels);
  withWatch(command).action(async (sequence: string, options: Options) => {
    const client = await connect(options);
    await reportStarted(client, await client.triggerSequence({ ...options, sequence }), options);
  });
  withExample(
    command,
    'slipway trigger sequence rollback --project podtato-head --stage hardening --service helloservice --watch',
  );
}
