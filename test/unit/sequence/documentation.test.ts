import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const page = readFileSync(new URL('../../../docs/sequences.md', import.meta.url), 'utf8');
const files = [...page.matchAll(/<!-- file: (\S+) -->\n```\w+\n([\s\S]*?)```/g)];
const runs = [...page.matchAll(/```console\n\$ slipway (.*)\n([\s\S]*?)```/g)];
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

describe('the examples in docs/sequences.md', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-docs-'));
    for (const [, name = '', text = ''] of files) writeFileSync(join(folder, name), text);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are all run', () => {
    assert.equal(runs.length, page.match(/```console/g)?.length);
    assert.ok(runs.length >= 6 && files.length >= 5);
  });

  for (const [, command = '', output = ''] of runs) {
    it(`print what the page shows: slipway ${command}`, () => {
      const [line = '', input] = command.split(' < ');
      const done = spawnSync(process.execPath, [MAIN, ...line.split(' ')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
        ...(input === undefined ? {} : { input: readFileSync(join(folder, input)) }),
      });
      assert.equal(done.status, 0, done.stderr);
      assert.equal((done.stderr + done.stdout).trimEnd(), output.trimEnd());
    });
  }
});
