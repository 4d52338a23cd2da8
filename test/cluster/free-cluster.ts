import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say } from './command.ts';
import { stopCluster } from './down.ts';
import { type ClusterSettings, clusterSettings } from './settings.ts';

const PREFIX = 'slipway-cluster-';
/** Numbers of pod networks, 10.<number>.0.0/24; the one that people use by hand is 247. */
const NUMBERS = Array.from({ length: 40 }, (_, index) => 200 + index);

/**
 * Settings of a cluster of this run alone, beside whatever others run on this machine: a free network, free ports, state in a
 * folder of its own. What a run that was killed has left is stopped first.
 */
export async function freeCluster(): Promise<ClusterSettings> {
  await stopAbandoned();
  for (const number of NUMBERS) {
    if (existsSync(`/sys/class/net/slipway${number}`)) continue;
    const settings = clusterSettings({ ...process.env, SLIPWAY_CLUSTER_NET: String(number) });
    const free = await Promise.all(Object.values(settings.ports).map(isFree));
    if (free.includes(false)) continue;
    const state = mkdtempSync(join(tmpdir(), PREFIX));
    writeFileSync(join(state, 'owner'), `${process.pid} ${number}`);
    process.env.SLIPWAY_CLUSTER_NET = String(number);
    process.env.SLIPWAY_CLUSTER_STATE = state;
    return clusterSettings();
  }
  throw new Error(
    'no free network between 10.200 and 10.239 for a test cluster; stop one (test/cluster/cluster.ts down)',
  );
}

/** Clusters whose run is gone: their processes outlive it on purpose. */
async function stopAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const state = join(tmpdir(), name);
    const owner = join(state, 'owner');
    if (!existsSync(owner)) continue;
    const [pid, number] = readFileSync(owner, 'utf8').split(' ');
    if (existsSync(`/proc/${pid}`)) continue;
    say(`stopping the cluster in ${state}, whose run is gone`);
    const env = { ...process.env, SLIPWAY_CLUSTER_NET: number, SLIPWAY_CLUSTER_STATE: state };
    await stopCluster(clusterSettings(env), true);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
