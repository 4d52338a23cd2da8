import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoClient, keptn, type Outcome } from '../support/go-client.ts';

/** Runs of the real program 1.4.5 against a recording server, kept beside the repository. */
const RECORDED = fileURLToPath(new URL('../../../shared/reference/keptn-transcripts', import.meta.url));

interface Exchange {
  method: string;
  path: string;
  query: string;
  body: unknown;
  response: { status: number; content_type?: string; body: unknown };
}
interface Recording {
  command: string;
  stdin: [number, string][] | string | null;
  exit_code: number;
  requests: Exchange[];
}

/** What has no counterpart here: kube contexts, OAuth, TLS, environment, deprecated commands, image checks, words with blanks. */
const LEFT_OUT =
  /oauth|kubecontext|KEPTNCONFIG|https|secure|mock|redirect|hang|piped|start-evaluation|password-store|set-config|(?:115|315)-/;
const FILES = ['shipyard.yaml', 'bad-shipyard.yaml', 'shipyard2.yaml', 'slo.yaml', 'helloservice.tgz'];
const MORE_FILES = ['locust/basic.py', 'ca.pem', 'id_test'];
/** Differ from run to run, or are cut short in the recordings. */
const VOLATILE = new Set(['id', 'start', 'end', 'shipyard', 'certificate', 'privateKey', 'resourceContent']);

describe('the Go client’s commands', function () {
  this.timeout(300_000);
  if (!existsSync(RECORDED)) {
    it('are compared with recorded runs: skipped, ../shared/reference/keptn-transcripts is not there', function () {
      this.skip();
    });
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'slipway-recorded-'));
  let program = '';

  before(function () {
    const built = buildGoClient(directory);
    if (built === undefined) return this.skip();
    program = built;
    for (const name of [...FILES, ...MORE_FILES, 'empty.txt']) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), name === 'empty.txt' ? '' : 'content');
    }
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('make the requests that the real program made, and end as it ended', async () => {
    let compared = 0;
    const different: { [name: string]: unknown } = {};
    for (const name of readdirSync(RECORDED).filter((file) => /^\d+-/.test(file) && !LEFT_OUT.test(file))) {
      const recording = JSON.parse(readFileSync(join(RECORDED, name), 'utf8')) as Recording;
      if (recording.requests.length === 0 || recording.requests.some(({ response }) => !response)) continue;
      compared += 1;
      const { outcome, made } = await replay(name, recording);
      const wanted = recording.requests.map(essence);
      // How often a watch asks depends on the clock.
      const once = name.includes('watch') || name.includes('configure-monitoring');
      try {
        assert.deepEqual(once ? distinct(made) : made, once ? distinct(wanted) : wanted);
        assert.equal(outcome.exit, recording.exit_code);
      } catch (error) {
        different[name] = error instanceof Error ? error.message : error;
      }
    }
    assert.deepEqual(different, {});
    assert.ok(compared > 150, `${compared} runs`);
  });

  /** Runs the recorded command against a server that gives the recorded answers in their order. */
  async function replay(name: string, recording: Recording): Promise<{ outcome: Outcome; made: object[] }> {
    const made: object[] = [];
    const server = createServer(async (request, response) => {
      const answer = recording.requests[made.length]?.response ?? { status: 599, body: null };
      made.push(essence(await received(request)));
      response.statusCode = answer.status;
      if ('content_type' in answer) response.setHeader('content-type', answer.content_type ?? '');
      response.end(
        typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '').replace(/^""$/, ''),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const outcome = await keptn(program, {
        endpoint: base + pathOf(name),
        token: 't',
        cwd: directory,
        ...said(recording),
      });
      return { outcome, made };
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  function said({ command, requests, stdin }: Recording): { words: string[]; typed: string[] } {
    const words = command
      .replace(/^keptn /, '')
      .replace(/--shipyard=http\S+/, '--shipyard=./shipyard.yaml')
      .split(' ');
    const file =
      words.find((word) => word.startsWith('--file='))?.slice('--file='.length) ??
      words[words.indexOf('-f') + 1];
    if (command.startsWith('keptn send event') && file?.endsWith('.json')) {
      writeFileSync(join(directory, file), JSON.stringify(requests[0]?.body));
    }
    // Before most recordings the check of the server's version was switched off; the others begin with its request.
    const asksVersion =
      requests[0]?.path.endsWith('/v1/metadata') && !command.startsWith('keptn create project');
    const checks = asksVersion ? ['--version-check'] : [];
    const typed = Array.isArray(stdin) ? stdin.map(([, line]) => line.trim()) : [];
    return { words: [...checks, '--pace=0.02', ...words], typed };
  }
});

function pathOf(name: string): string {
  if (name.includes('trailing-slash')) return '/api/';
  return name.includes('auth-404') ? '/nope' : '/api';
}

async function received(request: IncomingMessage): Promise<Omit<Exchange, 'response'>> {
  const text = Buffer.concat(await request.toArray()).toString();
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  return { method: request.method ?? '', path, query, body: text === '' ? null : JSON.parse(text) };
}

function essence({ method, path, query, body }: Omit<Exchange, 'response'>): object {
  const parameters = [...new URLSearchParams(query ?? '')].filter(([name]) => name !== 'fromTime').sort();
  return { method, path, parameters, body: stable(body) };
}

function stable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => item === null || !VOLATILE.has(key));
  return Object.fromEntries(kept.sort().map(([key, item]) => [key, stable(item)]));
}

function distinct(items: readonly object[]): string[] {
  return [...new Set(items.map((item) => JSON.stringify(item)))];
}
