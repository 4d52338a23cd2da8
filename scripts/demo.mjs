// `npm run demo`: installs and builds on a fresh clone, then runs the podtato-head tour.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();
const child = spawn(node, [join(root, 'dist', 'cli', 'main.js'), 'demo', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// The child gets the terminal's Ctrl-C itself; this process only waits for it to clean up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
