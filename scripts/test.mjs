// `npm test`: installs, builds and fetches what the tests need, then runs mocha with the pinned Node.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();
/** Everything that needs no cluster; the long forms (test/cluster, test/durability) have commands of their own. */
const ALL = 'test/{unit,contract,workflow,replay,e2e}/**/*.test.ts';
const given = process.argv.slice(2);
const files = given.some((argument) => argument.endsWith('.ts')) ? [] : [ALL];
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const result = spawnSync(node, [mocha, ...given, ...files], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
