// `npm test`: installs, builds and fetches what the tests need, then runs mocha with the pinned Node.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const result = spawnSync(node, [mocha, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
