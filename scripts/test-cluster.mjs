// `npm run test:cluster [-- <test file>]`: the tests that need a Kubernetes; see docs/kubernetes.md for what it brings up.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
const runner = join(root, 'test', 'cluster', 'run.ts');
const result = spawnSync(node, [runner, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
