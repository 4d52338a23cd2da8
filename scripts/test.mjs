// `npm test`: installs, builds and fetches what the tests need, then runs mocha with the pinned Node.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
/** Everything that needs no cluster; the long forms (test/cluster, test/durability) have commands of their own. */
const PARTS = ['test/{unit,contract,workflow,replay}/**/*.test.ts', 'test/e2e/**/*.test.ts'];
const given = process.argv.slice(2);

if (given.some((argument) => argument.endsWith('.ts'))) process.exit(await run(given));

// The end-to-end tests wait more than they compute, so they run beside the others; their output comes after.
const later = [];
const endToEnd = run([...given, PARTS[1]], later);
const first = await run([...given, PARTS[0]]);
process.stdout.write('\nend-to-end tests\n');
for (const chunk of later.splice(0)) process.stdout.write(chunk);
later.push = (chunk) => process.stdout.write(chunk);
const second = await endToEnd;
process.exit(first || second);

/** Runs mocha; its output goes to the terminal, or into `kept` when that is given. Answers the exit code. */
function run(args, kept) {
  const output = kept === undefined ? 'inherit' : 'pipe';
  const child = spawn(node, [mocha, ...args], { cwd: root, stdio: ['ignore', output, output] });
  if (kept !== undefined)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => kept.push(chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
