import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../../../../src/activities/config/git.ts';
import { GitConfigRepo } from '../../../../src/activities/config/git-config-repo.ts';
import { ScopedFiles } from '../../../../src/activities/config/scoped-files.ts';

const PLACE = { project: 'tour', stage: 'qa', service: 'svc' };

describe('files of a service, its stage and its project', () => {
  let directory: string;
  let files: ScopedFiles;
  /** What another process on the same repositories writes. */
  let elsewhere: GitConfigRepo;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-scoped-'));
    elsewhere = new GitConfigRepo({ directory });
    await elsewhere.createProject(PLACE.project, {
      stages: ['qa'],
      shipyard: Buffer.from('kind: Shipyard\n'),
    });
    await elsewhere.createService(PLACE.project, PLACE.service);
    files = new ScopedFiles(new GitConfigRepo({ directory }));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const write = (scope: object, text: string): Promise<string> =>
    elsewhere.write(
      { project: PLACE.project, ...scope },
      [{ uri: 'a.txt', content: Buffer.from(text) }],
      'a',
    );
  const found = async (): Promise<[string, string] | undefined> => {
    const file = await files.lowest(PLACE, 'a.txt');
    return file && [file.level, file.text];
  };

  it('are read as they are now, whoever wrote them a moment ago', async () => {
    assert.equal(await found(), undefined);
    await write({}, 'of the project');
    assert.deepEqual(await found(), ['project', 'of the project']);
    await write({ stage: 'qa' }, 'of the stage');
    assert.deepEqual(await found(), ['stage', 'of the stage']);
    const { stage, service } = PLACE;
    await write({ stage, service }, 'of the service');
    assert.deepEqual(await found(), ['service', 'of the service']);
    await write({ stage, service }, 'changed');
    assert.deepEqual(await found(), ['service', 'changed']);
  });

  it('are read also where Git has packed the branches', async () => {
    await write({ stage: 'qa' }, 'packed');
    const repository = join(directory, 'tour.git');
    await git(repository, ['pack-refs', '--all', '--prune']);
    assert.deepEqual(readdirSync(join(repository, 'refs', 'heads')), []);
    assert.deepEqual(await found(), ['stage', 'packed']);
    await write({ stage: 'qa' }, 'on top of it');
    assert.deepEqual(await found(), ['stage', 'on top of it']);
  });
});
