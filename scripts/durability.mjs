// `node scripts/durability.mjs`: kills workers, the Temporal server and the HTTP server at every point of every story; takes an hour.
// DURABILITY_LANES: stories told at a time, default 4. DURABILITY_SCENARIO: one story only, or `http`. Every how many points are
// tried: DURABILITY_EVERY, default 1; of the Temporal server DURABILITY_SERVER_EVERY, default 4; of the HTTP server
// DURABILITY_HTTP_EVERY, default 2.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const args = ['--no-config', '--timeout', '1800000', 'test/durability/*.test.ts', ...process.argv.slice(2)];
const result = spawnSync(node, [mocha, ...args], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
