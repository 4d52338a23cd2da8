import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { say } from './command.ts';
import { stopCluster } from './down.ts';
import { ensureImages } from './images.ts';
import { clusterSettings } from './settings.ts';
import { startCluster } from './up.ts';

/**
 * `npm run test:cluster [-- mocha arguments]`: runs test/cluster/*.test.ts on the cluster of SLIPWAY_KUBECONFIG, else on one
 * that it brings up on this machine (root, Debian packages, Go) and stops again; SLIPWAY_CLUSTER_KEEP=1 lets it run on.
 */
const own = !process.env.SLIPWAY_KUBECONFIG;
const settings = clusterSettings();
try {
  if (own) {
    await startCluster(settings);
    await ensureImages(settings);
  }
  process.exitCode = await mocha(process.argv.slice(2));
} finally {
  if (own && process.env.SLIPWAY_CLUSTER_KEEP !== '1') await stopCluster(settings, false);
  say('done');
}

function mocha(args: readonly string[]): Promise<number> {
  const root = join(import.meta.dirname, '..', '..');
  const bin = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const specs = args.some((argument) => argument.endsWith('.test.ts')) ? [] : ['test/cluster/*.test.ts'];
  const options = ['--no-config', '--extension', 'ts', '--forbid-only', ...args, ...specs];
  const child = spawn(process.execPath, [bin, ...options], { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
