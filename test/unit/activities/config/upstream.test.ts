import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigRefusedError, ConfigUnavailableError } from '../../../../src/activities/config/errors.ts';
import { GitConfigRepo } from '../../../../src/activities/config/git-config-repo.ts';
import { checkedRemote } from '../../../../src/activities/config/upstream.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a Git upstream', function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), 'slipway-upstream-'));
  let server: Server | undefined;
  after(async () => {
    server?.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const bare = (name: string): string => {
    const path = join(directory, name);
    execFileSync('git', ['init', '--bare', '--quiet', path]);
    return path;
  };
  const open = (name: string): GitConfigRepo =>
    new GitConfigRepo({ directory: join(directory, name), allowFileUpstream: true, upstreamMaxAgeMs: 0 });
  const make = async (repo: GitConfigRepo, remote?: string): Promise<void> => {
    await repo.createProject('tour', {
      stages: ['qa'],
      shipyard: bytes('kind: Shipyard'),
      ...(remote ? { upstream: { remoteURL: `file://${remote}` } } : {}),
    });
    await repo.createService('tour', 'svc');
  };
  const scope = { project: 'tour', stage: 'qa', service: 'svc' };

  it('has every branch and every write, and what is pushed there by others is read here', async () => {
    const remote = bare('shared.git');
    const repo = open('shared');
    await make(repo, remote);
    const commit = await repo.write(scope, [{ uri: 'slo.yaml', content: bytes('1') }], 'Add slo');
    const show = (...argv: string[]): string =>
      execFileSync('git', ['--git-dir', remote, ...argv], { encoding: 'utf8' }).trim();
    assert.equal(show('rev-parse', 'qa'), commit);
    assert.equal(show('show', 'main:shipyard.yaml'), 'kind: Shipyard');

    const clone = join(directory, 'clone');
    const git = (...argv: string[]): void => {
      execFileSync('git', ['-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@b', ...argv], {
        stdio: 'ignore',
      });
    };
    execFileSync('git', ['clone', '--quiet', '--branch', 'qa', remote, clone]);
    git('mv', 'svc/slo.yaml', 'svc/slo2.yaml');
    git('commit', '-m', 'Rename by hand');
    git('push', 'origin', 'qa');
    assert.deepEqual(await repo.list(scope), ['metadata.yaml', 'slo2.yaml']);
    await repo.write(scope, [{ uri: 'sli.yaml', content: bytes('2') }], 'Add sli');
    assert.equal(show('log', '-2', '--format=%s', 'qa'), 'Add sli\nRename by hand');
  });

  it('leaves the local branch where it is when the upstream is gone', async () => {
    const remote = bare('lost.git');
    const repo = open('lost');
    await make(repo, remote);
    const offline = new GitConfigRepo({
      directory: join(directory, 'lost'),
      allowFileUpstream: true,
      upstreamMaxAgeMs: 600_000,
    });
    const before = await offline.head(scope);
    rmSync(remote, { recursive: true });
    await assert.rejects(
      offline.write(scope, [{ uri: 'a', content: bytes('1') }], 'm'),
      ConfigUnavailableError,
    );
    assert.equal(await offline.head(scope), before);
  });

  it('is set later, and not at all when the push fails', async () => {
    const repo = open('later');
    await make(repo);
    await assert.rejects(
      repo.setUpstream('tour', { remoteURL: `file://${join(directory, 'nowhere.git')}` }),
      ConfigUnavailableError,
    );
    await repo.write(scope, [{ uri: 'a', content: bytes('1') }], 'still local');
    const remote = bare('later.git');
    await repo.setUpstream('tour', { remoteURL: `file://${remote}` });
    const branches = execFileSync('git', ['--git-dir', remote, 'branch', '--format=%(refname:short)'], {
      encoding: 'utf8',
    });
    assert.deepEqual(branches.trim().split('\n').sort(), ['main', 'qa']);
  });

  it('gets user and token over HTTP, and neither stands in an error or in the repository', async () => {
    const seen: string[] = [];
    server = createServer((request, response) => {
      const { authorization } = request.headers;
      if (authorization) seen.push(Buffer.from(authorization.split(' ')[1] ?? '', 'base64').toString('utf8'));
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const repo = open('http');
    await make(repo);
    const upstream = {
      remoteURL: `http://someone:hidden@127.0.0.1:${port}/x.git`,
      user: 'joe',
      token: 's3cr3t',
    };
    await assert.rejects(repo.setUpstream('tour', upstream), (error) => {
      assert.ok(error instanceof ConfigUnavailableError);
      assert.match(error.message, new RegExp(`upstream http://127.0.0.1:${port}/x.git refused`));
      assert.ok(!/s3cr3t|hidden/.test(error.message));
      return true;
    });
    assert.ok(seen.includes('joe:s3cr3t'));
  });

  it('may be HTTP, HTTPS or SSH only', () => {
    for (const bad of ['/srv/x.git', 'file:///x', 'ext::sh -c id', '--upload-pack=x', 'git://x/y', '']) {
      assert.throws(() => checkedRemote(bad, false), ConfigRefusedError, bad);
    }
    assert.equal(checkedRemote('https://u:p@git.example/x.git', false), 'https://git.example/x.git');
    assert.equal(checkedRemote('ssh://git:p@git.example/x.git', false), 'ssh://git@git.example/x.git');
  });
});
