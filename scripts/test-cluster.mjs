// `npm run test:cluster [-- --short | <test file>]`: the tests that need a Kubernetes; see docs/kubernetes.md for what it brings up.
// With `--if-possible` it says why it cannot run here, and that is no failure.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { whyNoCluster } from './cluster-possible.mjs';
import { ensureBuilt, ensureInstalled, node, root } from './setup.mjs';

const args = process.argv.slice(2).filter((argument) => argument !== '--if-possible');
const reason = args.length < process.argv.length - 2 ? whyNoCluster() : undefined;
if (reason !== undefined) {
  process.stderr.write(`cluster tests: not run, ${reason}\n`);
  process.exit(0);
}
ensureInstalled();
ensureBuilt();
const runner = join(root, 'test', 'cluster', 'run.ts');
const result = spawnSync(node, [runner, ...args], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
