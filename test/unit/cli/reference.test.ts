import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.ts';
import { renderReference } from './cli-reference.ts';

const FILE = join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md');

describe('the command tree', () => {
  it('is what docs/cli.md says', async () => {
    const rendered = renderReference(await createProgram());
    if (process.env.UPDATE_DOCS) await writeFile(FILE, rendered);
    const written = await readFile(FILE, 'utf8');
    assert.equal(written, rendered, 'rewrite it: UPDATE_DOCS=1 npm test -- --grep "what docs/cli.md says"');
  });

  it('gives every command a description, and every option its words', async () => {
    const check = (command: Command): void => {
      assert.notEqual(command.description(), '', command.name());
      for (const option of command.options) assert.notEqual(option.description, '', option.flags);
      command.commands.forEach(check);
    };
    check(await createProgram());
  });

  it('loads only the command that is named', async () => {
    const program = await createProgram(['get', 'projects', '-o', 'json']);
    assert.deepEqual(
      program.commands.map((command) => command.name()),
      ['get'],
    );
  });
});
