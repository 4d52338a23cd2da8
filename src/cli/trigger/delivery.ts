import type { Command } from 'commander';
import type { DeliveryRequest } from '../../client/index.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { readLabels, readValues, withExample } from '../options.ts';
import { freezeOverride, reportStarted, type TriggerOptions, withWatch } from './started.ts';

interface Options extends TriggerOptions {
  overrideFreeze?: string;
  image: string;
  tag?: string;
  stage?: string;
  sequence: string;
  values?: JsonObject;
  dryRun?: boolean;
}

/** `slipway trigger delivery` */
export function registerTriggerDelivery(group: Command): void {
  const command = group
    .command('delivery')
    .description('deliver an image through the stages of a project')
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('-s, --service <name>', 'service')
    .requiredOption('--image <image>', 'image, with or without tag')
    .option('--tag <tag>', 'tag of the image')
    .option('--stage <name>', 'stage to begin in (default: the first of the shipyard)')
    .option('--sequence <name>', 'sequence to start', 'delivery')
    .option('--values <key=value>', 'value for the chart, dotted keys, repeatable', readValues)
    .option('-l, --labels <key=value,…>', 'labels of the run, repeatable', readLabels)
    .option('--override-freeze <reason>', 'start although the stage is frozen; who and why are recorded')
    .option('--dry-run', 'send nothing: print the event and the order of tasks that it would lead to');
  withWatch(command).action(runCommand);
  withExample(
    command,
    'slipway trigger delivery --project podtato-head --service helloservice --image ghcr.io/podtato-head/podtatoserver --tag v0.1.1 --watch',
  );
}

async function runCommand(options: Options): Promise<void> {
  const client = await connect(options);
  const request: DeliveryRequest = { ...options, overrideFreeze: freezeOverride(options.overrideFreeze) };
  if (options.dryRun) {
    const { printDryRun } = await import('./dry-run.ts');
    await printDryRun(client, await client.deliveryEvent(request), options.output);
    return;
  }
  await reportStarted(client, await client.triggerDelivery(request), options);
}
