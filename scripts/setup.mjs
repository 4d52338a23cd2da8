// Runs on any Node from 18 on, before anything is installed: no dependencies here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
/** The Node that the lockfile pins, used on machines whose own Node is older than package.json's engines. */
export const node = join(modules, 'node', 'bin', 'node');

const say = (text) => process.stderr.write(`slipway setup: ${text}\n`);

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    say(
      `\`${command} ${args.join(' ')}\` ended with ${result.status ?? result.signal ?? result.error?.message}`,
    );
    process.exit(1);
  }
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Installs the locked dependencies unless node_modules already holds them. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(modules, '.slipway-lock');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const since = Date.now();
  say('installing dependencies with npm ci (about half a minute) …');
  run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund']);
  if (!existsSync(node)) {
    say(
      'the package "node" did not bring its program; check that npm may run install scripts (npm config get ignore-scripts)',
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
  say(`dependencies installed in ${seconds(since)}`);
}

function sourceHash() {
  const hash = createHash('sha256');
  const walk = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) walk(path);
      else hash.update(path.slice(root.length)).update(readFileSync(path));
    }
  };
  walk(join(root, 'src'));
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Compiles src to dist and bundles the workflows, unless dist was made from the very same sources. */
export function ensureBuilt() {
  const stamp = join(root, 'dist', '.sources');
  const sources = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  const since = Date.now();
  say('building …');
  run(node, [join(root, 'scripts', 'build.mjs')]);
  writeFileSync(stamp, sources);
  say(`built in ${seconds(since)}`);
}

/** True in a source checkout, false in the published package, which has no src. */
export function isCheckout() {
  return existsSync(join(root, 'src')) && statSync(join(root, 'src')).isDirectory();
}
