import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { configRepoContract } from './config-repo.ts';

describe('the configuration repository in Git', function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-config-'));
  configRepoContract(async () => new GitConfigRepo({ directory }));
  it('loses no write when several processes write to one stage at once', async () => {
    const writers = Array.from({ length: 4 }, () => new GitConfigRepo({ directory }));
    const [first] = writers;
    await first?.createProject('shared', { stages: ['qa'], shipyard: Buffer.from('x') });
    const scope = { project: 'shared', stage: 'qa' };
    const files = writers.flatMap((repo, n) => [1, 2, 3].map((m) => ({ repo, uri: `file-${n}-${m}` })));
    await Promise.all(
      files.map(({ repo, uri }) => repo.write(scope, [{ uri, content: Buffer.from(uri) }], `Add ${uri}`)),
    );
    assert.deepEqual(await first?.list(scope), [...files.map((file) => file.uri), 'metadata.yaml'].sort());
    assert.deepEqual(await first?.projects().then((names) => names.includes('shared')), true);
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
});
