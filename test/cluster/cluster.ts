import { say } from './command.ts';
import { stopCluster } from './down.ts';
import { clusterSettings } from './settings.ts';
import { startCluster } from './up.ts';

/** `node test/cluster/cluster.ts up|down|purge`: the own cluster by hand, for work on the adapters. */
const settings = clusterSettings();
const [action] = process.argv.slice(2);
if (action === 'up') await startCluster(settings);
else if (action === 'down' || action === 'purge') await stopCluster(settings, action === 'purge');
else say('usage: node test/cluster/cluster.ts up|down|purge');
