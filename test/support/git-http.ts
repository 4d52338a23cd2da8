import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Git host with one account. */
export interface GitHost {
  /** `http://127.0.0.1:<port>`; a repository's address is `<url>/<name>.git`. */
  url: string;
  stop(): Promise<void>;
}

/** Serves the bare repositories of a directory over HTTP through Git's own CGI program; asks for the user and the token. */
export async function serveGit(
  directory: string,
  { user, token }: { user: string; token: string },
): Promise<GitHost> {
  const wanted = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization === wanted) answer(directory, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An empty bare repository that takes pushes over HTTP. */
export function emptyRepository(directory: string, name: string): void {
  const path = `${directory}/${name}.git`;
  git('init', '--quiet', '--bare', path);
  git('-C', path, 'config', 'http.receivepack', 'true');
}

/** Somebody changes a file of a repository by hand, on a branch that is there, and pushes. */
export function pushFile(
  repository: string,
  { branch, path, content }: { branch: string; path: string; content: string },
): void {
  const clone = mkdtempSync(join(tmpdir(), 'slipway-clone-'));
  const inClone = (...argv: string[]) =>
    git('-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@b', ...argv);
  try {
    git('clone', '--quiet', '--branch', branch, repository, clone);
    writeFileSync(join(clone, path), content);
    inClone('commit', '--quiet', '--all', '--message', `Change ${path}`);
    inClone('push', '--quiet', 'origin', branch);
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

function git(...argv: string[]): void {
  const { status, stderr } = spawnSync('git', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${argv.join(' ')}: ${stderr}`);
}

function answer(directory: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://host');
  const encoding = request.headers['content-encoding'];
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      ...(encoding === undefined ? {} : { HTTP_CONTENT_ENCODING: encoding }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    for (const line of output.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
}
