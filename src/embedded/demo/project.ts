import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SlipwayClient } from '../../client/index.ts';
import { PROJECT, SERVICE } from './acts.ts';

const FILES = new URL('../../../demo/podtato-head/', import.meta.url);

/** Path of the tour's files, for messages. */
export const DEMO_DIRECTORY = fileURLToPath(FILES);

/** Creates project and service and stores the tour's files, as a user would with `slipway create` and `add-resource`. */
export async function setUpProject(client: SlipwayClient, speed: number): Promise<void> {
  await client.createProject({ name: PROJECT, shipyard: (await file('shipyard.yaml')).toString('utf8') });
  await client.createService({ project: PROJECT, service: SERVICE });
  const inHardening = { project: PROJECT, service: SERVICE, stage: 'hardening' };
  await client.addResource({ ...inHardening, resourceUri: 'slo.yaml', content: await file('slo.yaml') });
  await client.addResource({
    ...inHardening,
    resourceUri: 'prometheus/sli.yaml',
    content: await file('prometheus/sli.yaml'),
  });
  await client.addResource({
    ...inHardening,
    resourceUri: 'jmeter/jmeter.conf.yaml',
    content: faster(await file('jmeter/jmeter.conf.yaml'), speed),
  });
  for (const stage of ['hardening', 'production']) {
    for (const name of ['process.yaml', 'server.mjs']) {
      const scope = { project: PROJECT, service: SERVICE, stage };
      await client.addResource({
        ...scope,
        resourceUri: `slipway/${name}`,
        content: await file(`server/${name}`),
      });
    }
  }
  await client.configureMonitoring({ provider: 'prometheus', project: PROJECT, service: SERVICE });
}

/** Stores another shipyard: it holds from the next trigger on. */
export async function setShipyard(client: SlipwayClient, name: string): Promise<void> {
  await client.addResource({ project: PROJECT, resourceUri: 'shipyard.yaml', content: await file(name) });
}

function file(name: string): Promise<Buffer> {
  return readFile(new URL(name, FILES));
}

/** A shorter test: the workload's loops divided by the speed, at least 50 (5 seconds), so that Prometheus has seen it. */
function faster(content: Buffer, speed: number): Buffer {
  const text = content.toString('utf8');
  const shorter = (_whole: string, key: string, loops: string) =>
    `${key}${Math.max(50, Math.round(Number(loops) / speed))}`;
  return Buffer.from(text.replace(/(loopcount: )(\d+)/g, shorter));
}
