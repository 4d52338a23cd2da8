// `node scripts/durability.mjs`: kills workers and the Temporal server at every point of every story; takes minutes.
// DURABILITY_LANES: stories told at a time, default 4. DURABILITY_SCENARIO: one story only.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const args = ['--no-config', '--timeout', '1800000', 'test/durability/*.test.ts', ...process.argv.slice(2)];
const result = spawnSync(node, [mocha, ...args], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
