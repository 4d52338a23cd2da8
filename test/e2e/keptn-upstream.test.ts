import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyRepository, type GitHost, serveGit } from '../support/git-http.ts';
import { buildGoClient, keptn, type Outcome } from '../support/go-client.ts';
import { Api, SHIPYARD, TOKEN } from '../unit/server/api.ts';

describe('a server that asks Keptn’s command line for a Git upstream', function () {
  this.timeout(300_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-upstream-'));
  const api = new Api();
  let program = '';
  let gitHost: GitHost;

  before(async function () {
    const built = buildGoClient(directory);
    if (built === undefined) return this.skip();
    program = built;
    writeFileSync(join(directory, 'shipyard.yaml'), SHIPYARD);
    gitHost = await serveGit(directory, { user: 'ada', token: 'secret' });
    await api.start({ automaticProvisioning: false, webUi: 'http://127.0.0.1:8233/' });
  });
  after(async () => {
    await gitHost?.stop();
    await api.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const run = (line: string): Promise<Outcome> =>
    keptn(program, { endpoint: `${api.url}/api`, token: TOKEN, words: line.split(' '), cwd: directory });
  const git = (...argv: string[]): string =>
    spawnSync('git', ['-C', join(directory, 'tour.git'), ...argv], { encoding: 'utf8' }).stdout;

  it('creates a project whose branches and files stand in the upstream at once', async () => {
    emptyRepository(directory, 'tour');
    const create = 'create project tour --shipyard=./shipyard.yaml';
    const upstream = `--git-user=ada --git-remote-url=${gitHost.url}/tour.git`;
    assert.equal((await run(create)).error, 'no git-remote-url');
    const refused = await run(`${create} ${upstream} --git-token=wrong`);
    assert.match(refused.error, /refused or did not answer.*nothing was changed/);
    assert.deepEqual(await run(`${create} ${upstream} --git-token=secret`), {
      exit: 0,
      shown: [],
      error: '',
    });
    const branches = git('for-each-ref', '--format=%(refname:short)', 'refs/heads').trim().split('\n');
    assert.deepEqual(branches, ['main', 'production', 'qa']);
    assert.equal(git('show', 'main:shipyard.yaml'), SHIPYARD);
    await run('create service svc --project=tour');
    const added = await run(
      'add-resource --project=tour --service=svc --all-stages --resource=./shipyard.yaml',
    );
    assert.deepEqual(added.shown, ['production', 'qa']);
    assert.equal(git('show', 'qa:svc/shipyard.yaml'), SHIPYARD);
  });

  it('leads /bridge, whose address the command line shows, to its web interface', async () => {
    for (const path of ['/bridge', '/bridge/project/tour']) {
      const { status, headers } = await fetch(`${api.url}${path}`, { redirect: 'manual' });
      assert.deepEqual([status, headers.get('location')], [302, 'http://127.0.0.1:8233/']);
    }
  });
});
