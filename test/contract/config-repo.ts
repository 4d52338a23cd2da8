import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ConfigRepo, ResourceScope } from '../../src/activities/config/config-repo.ts';
import { ConfigNotFoundError, ConfigRefusedError } from '../../src/activities/config/errors.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** What every configuration repository must do; `open` answers an empty one. */
export function configRepoContract(open: () => Promise<ConfigRepo>): void {
  let repo: ConfigRepo;
  let project: string;
  let service: ResourceScope;
  const text = async (scope: ResourceScope, uri: string, commit?: string): Promise<string | undefined> => {
    const resource = await repo.read(scope, uri, commit);
    return resource && Buffer.from(resource.content).toString('utf8');
  };
  before(async () => {
    repo = await open();
  });
  beforeEach(async () => {
    project = `p${randomUUID().slice(0, 8)}`;
    service = { project, stage: 'qa', service: 'svc' };
    await repo.createProject(project, { stages: ['qa', 'prod'], shipyard: bytes('kind: Shipyard\n') });
    await repo.createService(project, 'svc');
  });

  it('lays a new project out as Keptn does', async () => {
    assert.equal(await text({ project }, 'shipyard.yaml'), 'kind: Shipyard\n');
    assert.deepEqual(await repo.list({ project }), ['metadata.yaml', 'shipyard.yaml']);
    assert.deepEqual(await repo.list({ project, stage: 'qa' }), ['metadata.yaml', 'svc/metadata.yaml']);
    assert.deepEqual(await repo.list({ project, stage: 'prod', service: 'svc' }), ['metadata.yaml']);
    assert.match((await text({ project, stage: 'qa' }, 'metadata.yaml')) ?? '', /stageName: qa/);
    assert.match((await text(service, 'metadata.yaml')) ?? '', /serviceName: svc/);
  });

  it('refuses a project that is there, and creates a service again without harm', async () => {
    await assert.rejects(
      repo.createProject(project, { stages: ['qa'], shipyard: bytes('x') }),
      ConfigRefusedError,
    );
    const before = await repo.head({ project, stage: 'qa' });
    await repo.createService(project, 'svc');
    assert.equal(await repo.head({ project, stage: 'qa' }), before);
  });

  it('reads back what was written, any bytes, in its own scope only', async () => {
    const content = Uint8Array.from({ length: 5_000 }, (_, n) => (n * 7) % 256);
    const commit = await repo.write(service, [{ uri: 'helm/svc.tgz', content }], 'Add chart');
    const read = await repo.read(service, 'helm/svc.tgz');
    assert.deepEqual(Buffer.from(read?.content ?? []), Buffer.from(content));
    assert.equal(read?.commit, commit);
    assert.equal(read?.uri, 'helm/svc.tgz');
    assert.equal(await repo.read({ ...service, stage: 'prod' }, 'helm/svc.tgz'), undefined);
    assert.equal(await repo.read({ project }, 'helm/svc.tgz'), undefined);
    assert.equal(await repo.read(service, 'helm'), undefined);
  });

  it('takes an empty file, a leading ./ and names with blanks, plus and unicode', async () => {
    const uris = ['./locust/basic.py', 'helm/sub dir/endpoints+x.yaml', 'größe.txt', "it's"];
    await repo.write(
      service,
      uris.map((uri) => ({ uri, content: new Uint8Array() })),
      'Add odd names',
    );
    assert.deepEqual(
      await repo.list(service),
      ['größe.txt', 'helm/sub dir/endpoints+x.yaml', "it's", 'locust/basic.py', 'metadata.yaml'].sort(),
    );
    assert.equal(await text(service, 'locust/basic.py'), '');
    assert.equal(await text(service, './größe.txt'), '');
  });

  it('reads at an older commit', async () => {
    const first = await repo.write(service, [{ uri: 'slo.yaml', content: bytes('1') }], 'one');
    const second = await repo.write(service, [{ uri: 'slo.yaml', content: bytes('2') }], 'two');
    assert.notEqual(first, second);
    assert.equal(await text(service, 'slo.yaml', first), '1');
    assert.equal(await text(service, 'slo.yaml', ''), '2');
    assert.equal(await repo.head(service), second);
    await assert.rejects(repo.read(service, 'slo.yaml', 'f'.repeat(40)), ConfigNotFoundError);
    await assert.rejects(repo.read(service, 'slo.yaml', '--help'), ConfigNotFoundError);
  });

  it('makes one commit for many files and none when nothing differs', async () => {
    const files = ['a', 'b'].map((uri) => ({ uri, content: bytes(uri) }));
    const commit = await repo.write(service, files, 'Add both');
    assert.equal(await repo.write(service, files, 'Again'), commit);
    const history = await repo.history(service, 10);
    assert.equal(history[0]?.message, 'Add both');
    assert.equal(history[0]?.id, commit);
    assert.ok(!Number.isNaN(Date.parse(history[0]?.time ?? '')));
    assert.equal((await repo.history(service, 1)).length, 1);
  });

  it('removes a file, and says when there was none', async () => {
    await repo.write(service, [{ uri: 'slo.yaml', content: bytes('1') }], 'one');
    const commit = await repo.remove(service, 'slo.yaml');
    assert.equal(await repo.head(service), commit);
    assert.equal(await repo.read(service, 'slo.yaml'), undefined);
    await assert.rejects(repo.remove(service, 'slo.yaml'), ConfigNotFoundError);
  });

  it('loses no write when many write to one stage at once', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `file-${n}`);
    await Promise.all(names.map((uri) => repo.write(service, [{ uri, content: bytes(uri) }], `Add ${uri}`)));
    assert.deepEqual(await repo.list(service), [...names, 'metadata.yaml'].sort());
  });

  it('refuses every path that could lead out of the scope', async () => {
    const bad = [
      '../x',
      'a/../../x',
      '/etc/passwd',
      '.git/config',
      'a/.GIT/hooks/x',
      '~/x',
      'a~1',
      '',
      '.',
      'a/',
      'a\\b',
      'a\nb',
      'x'.repeat(2000),
    ];
    for (const uri of bad) {
      await assert.rejects(repo.read(service, uri), ConfigRefusedError, `read ${uri}`);
      await assert.rejects(repo.write(service, [{ uri, content: bytes('x') }], 'm'), ConfigRefusedError, uri);
    }
    await assert.rejects(repo.list({ project: '../x' }), ConfigRefusedError);
    await assert.rejects(repo.list({ project, stage: '--all' }), ConfigRefusedError);
    await assert.rejects(repo.list({ project, stage: 'qa', service: '..' }), ConfigRefusedError);
  });

  it('refuses a file that stands where a folder is, and one over 5 MB', async () => {
    await repo.write(service, [{ uri: 'a/b', content: bytes('x') }], 'm');
    await assert.rejects(
      repo.write(service, [{ uri: 'a/b/c', content: bytes('x') }], 'm'),
      ConfigRefusedError,
    );
    const large = new Uint8Array(5 * 1024 * 1024 + 1);
    await assert.rejects(repo.write(service, [{ uri: 'big', content: large }], 'm'), /at most 5242880/);
    assert.deepEqual(await repo.list(service), ['a/b', 'metadata.yaml']);
  });

  it('says whether the project, the stage or the service is missing', async () => {
    const none: [ResourceScope, RegExp][] = [
      [{ project: 'nope' }, /Project not found/],
      [{ project, stage: 'nope' }, /Stage not found/],
      [{ project, stage: 'qa', service: 'nope' }, /Service not found/],
    ];
    for (const [scope, message] of none) {
      await assert.rejects(repo.read(scope, 'slo.yaml'), (error) => {
        assert.ok(error instanceof ConfigNotFoundError);
        assert.match(error.message, message);
        return true;
      });
      await assert.rejects(repo.write(scope, [{ uri: 'slo.yaml', content: bytes('x') }], 'm'), message);
    }
  });

  it('deletes services and projects, also those that are not there', async () => {
    await repo.deleteService(project, 'svc');
    await repo.deleteService(project, 'svc');
    await assert.rejects(repo.list(service), /Service not found/);
    await repo.deleteProject(project);
    await repo.deleteProject(project);
    await assert.rejects(repo.list({ project }), /Project not found/);
    await repo.createProject(project, { stages: ['one'], shipyard: bytes('new') });
    assert.equal(await text({ project }, 'shipyard.yaml'), 'new');
  });
}
