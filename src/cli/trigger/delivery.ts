import type { Command } from 'commander';
import type { DeliveryRequest } from '../../client/index.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { readLabels, readNames, readValues, withExample } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { freezeOverride, reportStarted, type TriggerOptions, withWatch } from './started.ts';

/** Options of `slipway trigger delivery`. */
export interface DeliveryOptions extends Omit<TriggerOptions, 'service'> {
  service?: string;
  overrideFreeze?: string;
  services?: string[];
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
    .option('-s, --service <name>', 'service')
    .option('--services <a,b,…>', 'several services that are promoted together or not at all', readNames)
    .requiredOption('--image <image>', 'image, with or without tag; with --services <service>=<image>,…')
    .option('--tag <tag>', 'tag of the image')
    .option('--stage <name>', 'stage to begin in (default: the first of the shipyard)')
    .option('--sequence <name>', 'sequence to start', 'delivery')
    .option('--values <key=value>', 'value for the chart, dotted keys, repeatable', readValues)
    .option('-l, --labels <key=value,…>', 'labels of the run, repeatable', readLabels)
    .option('--override-freeze <reason>', 'start although the stage is frozen; who and why are recorded')
    .option(
      '--dry-run',
      'send nothing: print the event, the order of tasks that it would lead to, and what the deployments would change',
    );
  withWatch(command).action(runCommand);
  withExample(
    command,
    'slipway trigger delivery --project podtato-head --services left,right --image left=left:2,right=right:2',
    'slipway trigger delivery --project podtato-head --service helloservice --image ghcr.io/podtato-head/podtatoserver --tag v0.1.1 --watch',
  );
}

async function runCommand(options: DeliveryOptions): Promise<void> {
  if (options.services !== undefined) {
    const { triggerTogether } = await import('./together.ts');
    await triggerTogether({ ...options, services: options.services });
    return;
  }
  const { service } = options;
  if (service === undefined) {
    throw new UsageError('no service is named', 'give --service <name>, or --services <a,b> for several');
  }
  const client = await connect(options);
  const request: DeliveryRequest = {
    ...options,
    service,
    overrideFreeze: freezeOverride(options.overrideFreeze),
  };
  if (options.dryRun) {
    const { printDryRun } = await import('./dry-run.ts');
    await printDryRun(client, await client.deliveryEvent(request), options.output);
    return;
  }
  await reportStarted(client, await client.triggerDelivery(request), { ...options, service });
}
