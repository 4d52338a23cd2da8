import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { say } from './command.ts';
import { stopCluster } from './down.ts';
import { freeCluster } from './free-cluster.ts';
import { ensureImages } from './images.ts';
import { kindIsPossible } from './kind.ts';
import { clusterSettings } from './settings.ts';
import { startCluster } from './up.ts';

/**
 * `npm run test:cluster [-- [--short] mocha arguments]`: runs test/cluster/*.test.ts on the cluster of SLIPWAY_KUBECONFIG, else on
 * one that it brings up on this machine and stops again: of kind where a container engine answers, else of plain processes (root,
 * Debian packages, Go). SLIPWAY_CLUSTER_KEEP=1 lets it run on, SLIPWAY_CLUSTER_KIND=0 keeps from kind.
 * `--short` is one tour and one zero-drop round per router, on a cluster of its own that is removed at the end.
 */
const given = process.argv.slice(2);
const short = given.includes('--short');
const args = given.filter((argument) => argument !== '--short');
const own = !process.env.SLIPWAY_KUBECONFIG;
const keep = process.env.SLIPWAY_CLUSTER_KEEP === '1';
if (short) process.env.SLIPWAY_CLUSTER_SHORT = '1';
const SHORT_FORM = [
  'test/cluster/tour-podtato-head.test.ts',
  'test/cluster/zero-drop.test.ts',
  '--grep',
  'tour|loses no request at 500',
];

if (own && process.env.SLIPWAY_CLUSTER_KIND === undefined && (await kindIsPossible())) {
  process.env.SLIPWAY_CLUSTER_KIND = '1';
}
const alone = own && short && !keep;
const settings = alone ? await freeCluster() : clusterSettings();
let child: ChildProcess | undefined;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say(`${signal}: stopping`);
    interrupted.abort();
    child?.kill(signal);
  });
}
try {
  if (own) {
    await startCluster(settings);
    await ensureImages(settings);
  }
  interrupted.signal.throwIfAborted();
  process.exitCode = await mocha(short && args.length === 0 ? SHORT_FORM : args);
} finally {
  if (own && !keep) await stopCluster(settings, alone);
  say('done');
}

function mocha(options: readonly string[]): Promise<number> {
  const root = join(import.meta.dirname, '..', '..');
  const bin = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const specs = options.some((option) => option.endsWith('.test.ts')) ? [] : ['test/cluster/*.test.ts'];
  const fixed = ['--no-config', '--extension', 'ts', '--forbid-only'];
  const started = spawn(process.execPath, [bin, ...fixed, ...options, ...specs], {
    cwd: root,
    stdio: 'inherit',
  });
  child = started;
  return new Promise((resolve, reject) => {
    started.once('error', reject);
    started.once('exit', (code) => resolve(code ?? 1));
  });
}
