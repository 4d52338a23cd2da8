#!/usr/bin/env node
// The command's launcher: works on old Nodes too, by handing over to the Node that the lockfile pins.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'dist', 'cli', 'main.js');
const setup = join(root, 'scripts', 'setup.mjs');
if (existsSync(join(root, 'src')) && existsSync(setup)) {
  const { ensureBuilt, ensureInstalled } = await import(pathToFileURL(setup).href);
  ensureInstalled();
  ensureBuilt();
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import(pathToFileURL(main).href);
} else {
  const pinned = join(root, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(pinned)) {
    process.stderr.write(`slipway needs Node 22.18 or newer; this is ${process.version}.\n`);
    process.exit(3);
  }
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
}
