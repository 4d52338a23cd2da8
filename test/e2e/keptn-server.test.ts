import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyRepository, type GitHost, serveGit } from '../support/git-http.ts';
import { buildGoClient, keptn, type Outcome } from '../support/go-client.ts';
import { Api, SHIPYARD, TOKEN } from '../unit/server/api.ts';

// What a slipway dev does not show: another setting, and more events than a page holds.
describe('Keptn’s command line at a server that asks for a Git upstream', function () {
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

  const run = (line: string): Promise<Outcome> => {
    const words = ['--pace=0.2', ...line.split(' ')];
    return keptn(program, { endpoint: `${api.url}/api`, token: TOKEN, words, cwd: directory });
  };
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

  it('shows a hundred events of many, newest first, one page when asked for one, and each once while it watches', async () => {
    const type = 'sh.keptn.event.nap.finished';
    const data = { project: 'tour', stage: 'qa', service: 'svc', result: 'pass' as const };
    // All of one millisecond but the last: the order of their coming decides.
    const events = Array.from({ length: 130 }, (_, n) => ({
      id: `nap-${n}`,
      type,
      source: 'test',
      specversion: '1.0' as const,
      contenttype: 'application/json' as const,
      time: n < 129 ? '2024-01-01T10:00:00.000Z' : '2024-01-01T10:00:00.001Z',
      shkeptncontext: '6d792d6f-776e-4d63-af6e-746578742020',
      shkeptnspecversion: '0.2.4',
      data,
    }));
    await api.store.appendEvents(events);
    const ids = async (line: string) => ((await run(line)).shown as { id: string }[]).map(({ id }) => id);
    const newest = events.map(({ id }) => id).reverse();
    assert.deepEqual(await ids(`get event ${type} --project=tour`), newest.slice(0, 100));
    assert.deepEqual(await ids(`get event ${type} --project=tour --num-of-pages=1`), newest.slice(0, 20));
    // Here the library stops at the same key as without a watch, and then goes on from the newest time.
    const watched = await ids(`get event ${type} --project=tour --watch --watch-time=12`);
    assert.deepEqual([...watched].sort(), newest.slice(0, 100).sort());
  });

  it('leads /bridge, whose address the command line shows, to its web interface', async () => {
    for (const path of ['/bridge', '/bridge/project/tour']) {
      const { status, headers } = await fetch(`${api.url}${path}`, { redirect: 'manual' });
      assert.deepEqual([status, headers.get('location')], [302, 'http://127.0.0.1:8233/']);
    }
  });
});
