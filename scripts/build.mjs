// Compiles src to dist, copies what tsc does not, and bundles the workflows once for all workers.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
if (process.execPath !== node && Number(process.versions.node.split('.')[0]) < 22) {
  process.exit(spawnSync(node, [import.meta.filename], { stdio: 'inherit' }).status ?? 1);
}
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync(
  node,
  [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
for (const entry of readdirSync(join(root, 'src'), { recursive: true })) {
  if (entry.endsWith('.sql') || entry.endsWith('.html')) cpSync(join(root, 'src', entry), join(dist, entry));
}
if (existsSync(join(dist, 'worker', 'bundle.js'))) {
  const { writeWorkflowBundle } = await import(pathToFileURL(join(dist, 'worker', 'bundle.js')).href);
  await writeWorkflowBundle();
}
