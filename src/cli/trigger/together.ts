import { connect } from '../api-client.ts';
import { readLabels } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { watchRun } from '../watch-run.ts';
import type { DeliveryOptions } from './delivery.ts';
import { freezeOverride } from './started.ts';

/** Starts the deliveries of several services; with `--watch` the exit code is the worst of their verdicts. */
export async function triggerTogether(options: DeliveryOptions & { services: string[] }): Promise<void> {
  const images = readLabels(options.image);
  const services = options.services.map((service) => {
    const image = images[service];
    if (image !== undefined) return { service, image, tag: options.tag };
    throw new UsageError(`--image names none for ${service}`, `write --image ${service}=<image>,…`);
  });
  if (options.service !== undefined || options.dryRun) {
    throw new UsageError('--services goes with neither --service nor --dry-run', 'leave one of them out');
  }
  const { project, stage, sequence, values, labels } = options;
  const client = await connect(options);
  const overrideFreeze = freezeOverride(options.overrideFreeze);
  const request = { project, stage, sequence, values, labels, services, overrideFreeze };
  const started = await client.triggerDeliveries(request);
  const { note, printDone } = await import('../output/print.ts');
  const lines = started.deliveries.map((one) => `ID of Keptn context of ${one.service}: ${one.keptnContext}`);
  if (!options.watch) {
    printDone(options.output, started, lines.join('\n'));
    return;
  }
  note(lines.join('\n'));
  let worst = 0;
  for (const { keptnContext } of started.deliveries) {
    await watchRun(client, keptnContext, { output: options.output, timeoutMs: options.watchTime });
    worst = Math.max(worst, Number(process.exitCode ?? 0));
  }
  process.exitCode = worst;
}
