import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigRefusedError, ConfigUnavailableError } from '../../../../src/activities/config/errors.ts';
import { GitConfigRepo } from '../../../../src/activities/config/git-config-repo.ts';
import { ScopedFiles } from '../../../../src/activities/config/scoped-files.ts';
import {
  checkedRemote,
  credentialOptions,
  gitWithUpstream,
} from '../../../../src/activities/config/upstream.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** True, with a word about it, when a program that a test needs is not installed. */
function missing(program: string): boolean {
  const { error } = spawnSync(program, ['-?'], { stdio: 'ignore' });
  if (error) console.log(`      ${program} is not installed here`);
  return error !== undefined;
}

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

  /** What a bare repository's branches point to. */
  const heads = (remote: string): string =>
    execFileSync('git', ['--git-dir', remote, 'for-each-ref', '--format=%(refname) %(objectname)'], {
      encoding: 'utf8',
    });
  /** A commit on a branch of a bare repository, as a Git host makes it with a new repository. */
  const commitTo = (remote: string, branch: string, file: string): void => {
    const clone = mkdtempSync(join(directory, 'work-'));
    const git = (...argv: string[]): void => {
      const who = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
      execFileSync('git', ['-C', clone, ...who, ...argv], { stdio: 'ignore' });
    };
    execFileSync('git', ['clone', '--quiet', remote, clone], { stdio: 'ignore' });
    const there = heads(remote).includes(`refs/heads/${branch} `);
    git('checkout', ...(there ? [branch] : ['-b', branch]));
    writeFileSync(join(clone, file), 'hello');
    git('add', '.');
    git('commit', '-m', `Add ${file}`);
    git('push', 'origin', branch);
  };

  it('keeps the README that a host has put into a new repository', async () => {
    const remote = bare('readme.git');
    commitTo(remote, 'main', 'README.md');
    const repo = open('readme');
    await make(repo, remote);
    assert.deepEqual(await repo.list({ project: 'tour' }), ['README.md', 'metadata.yaml', 'shipyard.yaml']);
    const log = execFileSync('git', ['--git-dir', remote, 'log', '--format=%s', 'main'], {
      encoding: 'utf8',
    });
    assert.equal(log, 'Add shipyard.yaml\nCreate project\nAdd README.md\n');
  });

  it('is left as it is when it holds a project, or a branch of a stage’s name', async () => {
    const used = bare('used.git');
    await make(open('used'), used);
    const branchy = bare('branchy.git');
    commitTo(branchy, 'qa', 'x');
    const cases: [string, RegExp][] = [
      [used, /holds a project already, on the branches main, qa\. Give an empty repository/],
      [branchy, /holds a project already, on the branch qa\./],
    ];
    for (const [remote, message] of cases) {
      const before = heads(remote);
      const repo = open('second');
      await assert.rejects(make(repo, remote), (error) => {
        assert.ok(error instanceof ConfigRefusedError);
        assert.match(error.message, message);
        return true;
      });
      assert.equal(heads(remote), before);
      assert.deepEqual(await repo.projects(), []);
    }
  });

  it('is not taken later when it has other commits, and taken again with what others have pushed', async () => {
    const repo = open('again');
    await make(repo);
    const foreign = bare('foreign.git');
    commitTo(foreign, 'main', 'README.md');
    const before = heads(foreign);
    await assert.rejects(repo.setUpstream('tour', { remoteURL: `file://${foreign}` }), (error) => {
      assert.ok(error instanceof ConfigRefusedError);
      assert.match(error.message, /commits that are not of this project, on the branch main\./);
      return true;
    });
    assert.equal(heads(foreign), before);
    const remote = bare('again.git');
    await repo.setUpstream('tour', { remoteURL: `file://${remote}` });
    commitTo(remote, 'qa', 'by-hand.txt');
    await repo.setUpstream('tour', { remoteURL: `file://${remote}` });
    assert.deepEqual(await repo.list({ project: 'tour', stage: 'qa' }), [
      'by-hand.txt',
      'metadata.yaml',
      'svc/metadata.yaml',
    ]);
  });

  it('is asked again at once for what must not be old, as a trigger’s files', async () => {
    const remote = bare('fresh.git');
    const repo = new GitConfigRepo({
      directory: join(directory, 'fresh'),
      allowFileUpstream: true,
      upstreamMaxAgeMs: 600_000,
    });
    await make(repo, remote);
    const stage = { project: 'tour', stage: 'qa' };
    const before = await repo.head(stage);
    commitTo(remote, 'qa', 'by-hand.txt');
    assert.equal(await repo.head(stage), before);
    const [one, other] = await Promise.all([
      repo.head(stage, { maxAgeMs: 0 }),
      repo.head(stage, { maxAgeMs: 0 }),
    ]);
    assert.match(heads(remote), new RegExp(`refs/heads/qa ${one}`));
    assert.equal(other, one);
    assert.equal((await repo.read(stage, 'by-hand.txt'))?.commit, one);
  });

  it('holds nobody up who asks for files as they are known here', async () => {
    const remote = bare('away.git');
    const repo = open('away');
    await make(repo, remote);
    rmSync(remote, { recursive: true });
    const place = { project: 'tour', stage: 'qa', service: 'svc' };
    await assert.rejects(new ScopedFiles(repo).lowest(place, 'shipyard.yaml'), ConfigUnavailableError);
    const here = new ScopedFiles(repo, { upstreamMaxAgeMs: Number.POSITIVE_INFINITY });
    assert.equal((await here.lowest(place, 'shipyard.yaml'))?.level, 'project');
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

  it('is reached through its proxy, whose password stands in no error', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      const { 'proxy-authorization': authorization } = request.headers;
      asked.push(request.url, authorization);
      response.writeHead(authorization ? 502 : 407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const upstream = {
      remoteURL: 'http://git.invalid/x.git',
      proxy: `http://joe:proxy%40secret@127.0.0.1:${port}/`,
    };
    await assert.rejects(gitWithUpstream(directory, ['ls-remote', upstream.remoteURL], upstream), (error) => {
      assert.ok(error instanceof ConfigUnavailableError);
      assert.ok(!/proxy.{1,3}secret/.test(error.message), error.message);
      return true;
    });
    proxy.close();
    assert.match(String(asked[0]), /^http:\/\/git\.invalid\/x\.git\/info\/refs/);
    assert.equal(asked[3], `Basic ${Buffer.from('joe:proxy@secret').toString('base64')}`);
  });

  it('is trusted by its certificate, or unchecked when asked to', async function () {
    if (missing('openssl')) return this.skip();
    const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.pem')];
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
    ];
    execFileSync('openssl', [...made, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const cert = readFileSync(certificate, 'utf8');
    const tls = createTlsServer({ key: readFileSync(key), cert }, (_request, response) => {
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const remoteURL = `https://127.0.0.1:${(tls.address() as AddressInfo).port}/x.git`;
    const ask = (more: object) =>
      gitWithUpstream(directory, ['ls-remote', remoteURL], { remoteURL, ...more });
    await assert.rejects(ask({}), /certificate/);
    await assert.rejects(ask({ certificate: cert }), /not found/);
    await assert.rejects(ask({ insecureSkipTls: true }), /not found/);
    tls.close();
  });

  it('opens a private key that has a password', async function () {
    if (missing('ssh-keygen')) return this.skip();
    const folder = join(directory, 'ssh');
    mkdirSync(folder);
    const file = join(directory, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'key password', '-C', 'slipway', '-f', file]);
    const read = async (privateKeyPassword: string): Promise<string> => {
      const remoteURL = 'ssh://git@git.invalid/x.git';
      const privateKey = readFileSync(file, 'utf8');
      const { env } = await credentialOptions(folder, { remoteURL, privateKey, privateKeyPassword });
      assert.ok(!env?.GIT_SSH_COMMAND?.includes('password '), 'the password must not stand in a command');
      return execFileSync('ssh-keygen', ['-y', '-f', join(folder, 'key')], {
        env: { PATH: process.env.PATH, ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 20_000,
      });
    };
    assert.match(await read('key password'), /^ssh-ed25519 /);
    await assert.rejects(read('wrong'), /incorrect passphrase|Load key/i);
  });

  it('may be HTTP, HTTPS or SSH only', () => {
    for (const bad of ['/srv/x.git', 'file:///x', 'ext::sh -c id', '--upload-pack=x', 'git://x/y', '']) {
      assert.throws(() => checkedRemote(bad, false), ConfigRefusedError, bad);
    }
    assert.equal(checkedRemote('https://u:p@git.example/x.git', false), 'https://git.example/x.git');
    assert.equal(checkedRemote('ssh://git:p@git.example/x.git', false), 'ssh://git@git.example/x.git');
  });
});
