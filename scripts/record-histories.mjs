// `node scripts/record-histories.mjs`: writes test/replay/histories anew from the current workflows.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
const result = spawnSync(node, [join(root, 'test', 'replay', 'record.ts')], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
