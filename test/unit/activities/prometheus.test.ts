import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { GitConfigRepo } from '../../../src/activities/config/git-config-repo.ts';
import { PrometheusProvider } from '../../../src/activities/sli/prometheus.ts';
import { prometheusQuery } from '../../../src/activities/sli/prometheus-queries.ts';
import type { SecretLookup } from '../../../src/activities/sli/prometheus-target.ts';
import type { SliRequest } from '../../../src/activities/sli/sli-provider.ts';
import { openProcessGroup, type ProcessGroup } from '../../../src/embedded/processes/process-group.ts';
import { startPrometheus } from '../../../src/embedded/prometheus.ts';

const SCOPE = { project: 'sockshop', stage: 'dev', service: 'carts' };
const CONTEXT = { signal: new AbortController().signal, progress: () => undefined };

function request(changes: Partial<SliRequest> = {}): SliRequest {
  const end = new Date();
  return {
    ...SCOPE,
    indicators: [],
    start: new Date(end.getTime() - 90_500).toISOString(),
    end: end.toISOString(),
    deployment: 'canary',
    labels: {},
    customFilters: [],
    ...changes,
  };
}

describe('the queries of the SLI provider prometheus', () => {
  const query = (text: string, changes: Partial<SliRequest> = {}) =>
    prometheusQuery('x', request(changes), { queries: new Map([['x', text]]), seconds: 91 });

  it('replace placeholders in the order filters, scope, labels, duration', () => {
    const text =
      'a{j="$JOB",$job,s="$SERVICE",p="$PROJECT",g="$STAGE",d="$DEPLOYMENT",b="$LABEL.build",q="$NOPE"}[$DURATION_SECONDS]';
    const changes = { customFilters: [{ key: 'job', value: `"it's"` }], labels: { build: '7' } };
    assert.equal(
      query(text, changes),
      'a{j="its",its,s="carts",p="sockshop",g="dev",d="canary",b="7",q="$NOPE"}[91s]',
    );
    assert.equal(query('$SERVICE', { customFilters: [{ key: 'service', value: 'mine' }] }), 'mine');
  });

  it('take the deployment from the label, else from the event, else primary', () => {
    assert.equal(query('$DEPLOYMENT', { labels: { deployment: 'direct' } }), 'direct');
    assert.equal(query('$DEPLOYMENT'), 'canary');
    assert.equal(query('$DEPLOYMENT', { deployment: '' }), 'primary');
  });

  it('never expand what a value holds, whatever it holds', () => {
    assert.equal(query('$LABEL.a', { labels: { a: '$& $1 $SERVICE' } }), '$& $1 $SERVICE');
    assert.equal(query('$LABEL.a $LABEL.ab', { labels: { a: '1', ab: '2' } }), '1 2');
    fc.assert(
      fc.property(fc.string(), (value) => {
        const plain = value.replaceAll(/['"]/g, '');
        const clean = !plain.includes('$');
        return !clean || query('<$k>', { customFilters: [{ key: 'k', value }] }) === `<${plain}>`;
      }),
    );
  });

  it('fall back to the built-in ones, over the canary unless a filter names the job', () => {
    const builtIn = (name: string, changes: Partial<SliRequest> = {}) =>
      prometheusQuery(name, request(changes), { queries: new Map(), seconds: 91 });
    const job = "job='carts-sockshop-dev-canary'";
    assert.equal(builtIn('throughput'), `sum(rate(http_requests_total{${job}}[91s]))`);
    assert.equal(
      builtIn('error_rate', { customFilters: [{ key: 'handler', value: "!='x'" }] }),
      `sum(rate(http_requests_total{${job},handler!='x',status!~'2..'}[91s]))/sum(rate(http_requests_total{${job},handler!='x'}[91s]))`,
    );
    assert.equal(
      builtIn('response_time_p95', { customFilters: [{ key: 'job', value: 'mine' }] }),
      "histogram_quantile(0.95, sum(rate(http_response_time_milliseconds_bucket{job='mine'}[91s]))by(le))",
    );
    assert.equal(builtIn('cpu'), undefined);
  });
});

describe('the SLI provider prometheus', function () {
  this.timeout(180_000); // the first run on a machine fetches the program
  let stateDir: string;
  let processes: ProcessGroup;
  let config: GitConfigRepo;
  let endpoint: string;
  const servers: Server[] = [];
  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'));
    processes = await openProcessGroup(stateDir);
    endpoint = (await startPrometheus(processes)).url;
    config = new GitConfigRepo({ directory: join(stateDir, 'config') });
    await config.createProject(SCOPE.project, { stages: ['dev'], shipyard: Buffer.from('') });
    await config.createService(SCOPE.project, SCOPE.service);
  });
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await processes.stopAll();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const noSecret: SecretLookup = async () => undefined;
  const write = (text: string, level: 'project' | 'stage' | 'service' = 'service') => {
    const { project, stage, service } = SCOPE;
    const scopes = { project: { project }, stage: { project, stage }, service: { project, stage, service } };
    return config.write(scopes[level], [{ uri: 'prometheus/sli.yaml', content: Buffer.from(text) }], 'sli');
  };
  const provider = (options: { secret?: SecretLookup; endpoint?: string; limits?: object } = {}) =>
    new PrometheusProvider({ config, secret: noSecret, endpoint, ...options });
  const serve = async (handle: RequestListener): Promise<string> => {
    const server = createServer(handle).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const one = async (query: string, options: Parameters<typeof provider>[0] = {}) => {
    await write(`indicators:\n  x: ${JSON.stringify(query)}\n`);
    const answer = await provider(options).fetch(request({ indicators: ['x'] }), CONTEXT);
    return { ...answer, value: answer.values[0] };
  };

  it('takes exactly one number, and says in the words of prometheus-service why there is none', async () => {
    const cases: [string, number | RegExp][] = [
      ['vector(0.2)', 0.2],
      ['vector(1) > 2', /^query did not return any values$/],
      ['label_replace(vector(1), "a", "b", "", "") or vector(1)', /^query did return multiple values$/],
      ['vector(0)/0', /^query did not return valid values$/],
      ['vector(1)/0', /^query did return \+Inf, which is no finite number$/],
      ['1', /^prometheus api response is not a Vector: scalar$/],
      ['rate(', /^unable to query prometheus api: bad_data: .*parse error/],
    ];
    for (const [query, expected] of cases) {
      const { value, result, message } = await one(query);
      if (typeof expected === 'number') {
        assert.deepEqual([value?.value, value?.success, result], [expected, true, 'pass'], query);
      } else {
        assert.match(value?.message ?? '', expected, query);
        assert.deepEqual([value?.value, value?.success, result], [0, false, 'fail'], query);
        assert.equal(message, 'unable to retrieve metrics');
      }
    }
  });

  it('asks at the end of the window', async () => {
    const { value, end } = await one('vector(time())');
    assert.equal(value?.value, Date.parse(end) / 1000);
  });

  it('merges the files of project, stage and service, keeps order and duplicates, and warns about a part', async () => {
    await write('indicators: { a: vector(1), b: vector(1), c: vector(1) }', 'project');
    await write('indicators: { b: vector(2), c: vector(2) }', 'stage');
    await write('indicators: { c: vector(3) }');
    const indicators = ['c', 'a', 'b', 'c', 'unknown'];
    const answer = await provider().fetch(request({ indicators }), CONTEXT);
    assert.deepEqual(
      answer.values.map(({ metric, value }) => [metric, value]),
      [
        ['c', 3],
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['unknown', 0],
      ],
    );
    assert.equal(answer.values[4]?.message, 'unsupported SLI');
    assert.deepEqual([answer.status, answer.result, answer.message], ['succeeded', 'warning', '']);
    const none = await provider().fetch(request(), CONTEXT);
    assert.deepEqual([none.result, none.values], ['pass', []]);
    for (const level of ['project', 'stage'] as const) await write('indicators: {}', level);
  });

  it('refuses for good a file without indicators, a broken file, a time that is none, and a missing address', async () => {
    const terminal = async (asked: Partial<SliRequest>, message: RegExp, options = {}) => {
      await assert.rejects(
        provider(options).fetch(request({ indicators: ['x'], ...asked }), CONTEXT),
        (error: Error) => {
          assert.equal(error.name, 'SliTerminalError');
          assert.match(error.message, message);
          return true;
        },
      );
    };
    await write('spec_version: "1.0"');
    await terminal({}, /^missing required field: indicators/);
    await write('indicators:\n  x: [1]\n');
    await terminal({}, /prometheus\/sli\.yaml:2:6: error: indicators\.x: expected a string, got a list/);
    await write('indicators: { x: vector(1) }');
    await terminal({ end: 'soon' }, /the end "soon" of the evaluation is no time/);
    await terminal({}, /no Prometheus is known for project sockshop/, { endpoint: '' });
    await terminal({}, /holds no http or https address/, {
      secret: async () => ({ PROMETHEUS_URL: 'ftp://x' }),
    });
  });

  it('uses the secret of the project, by POST with basic authorization, and shows it nowhere', async () => {
    const seen: string[] = [];
    const url = await serve((message, response) => {
      seen.push(`${message.method} ${message.url} ${message.headers.authorization}`);
      response.writeHead(500).end('broken');
    });
    const secret: SecretLookup = async (name) =>
      name === 'prometheus-credentials-sockshop'
        ? {
            PROMETHEUS_URL: `${url.replace('//', '//u:from-url@')}/prom/ `,
            PROMETHEUS_USER: 'me',
            PROMETHEUS_PASSWORD: 's3cret',
          }
        : undefined;
    await assert.rejects(one('vector(1)', { secret }), (error: Error) => {
      assert.equal(error.name, 'SliRetryableError');
      assert.match(error.message, /^Prometheus at http:\/\/127\.0\.0\.1:\d+\/prom answered 500$/);
      return true;
    });
    assert.deepEqual(seen, [`POST /prom/api/v1/query Basic ${Buffer.from('me:s3cret').toString('base64')}`]);
  });

  it('asks by GET where POST is refused', async () => {
    const url = await serve((message, response) => {
      if (message.method === 'POST') return void response.writeHead(405).end();
      const asked = new URL(message.url ?? '', 'http://x').searchParams.get('query');
      response.end(vector(asked === 'vector(7)' ? '7' : '0'));
    });
    assert.equal((await one('vector(7)', { endpoint: url })).value?.value, 7);
  });

  it('can be retried when Prometheus is away, slow, busy or behind a broken proxy', async () => {
    const retryable = async (options: Parameters<typeof provider>[0], message: RegExp) => {
      await assert.rejects(one('vector(1)', options), (error: Error) => {
        assert.equal(error.name, 'SliRetryableError');
        assert.match(error.message, message);
        return true;
      });
    };
    await retryable({ endpoint: 'http://127.0.0.1:1' }, /cannot be reached: ECONNREFUSED/);
    const silent = await serve(() => undefined);
    await retryable({ endpoint: silent, limits: { timeoutMs: 100 } }, /did not answer within 0\.1 s/);
    const trickle = await serve(trickling);
    await retryable({ endpoint: trickle, limits: { timeoutMs: 300 } }, /did not answer within 0\.3 s/);
    const busy = await serve(
      (_request, response) =>
        void response.writeHead(503).end('{"status":"error","errorType":"timeout","error":"slow"}'),
    );
    await retryable({ endpoint: busy }, /answered 503: timeout: slow/);
    const proxy = await serve((_request, response) => void response.writeHead(502).end('<html>'));
    await retryable({ endpoint: proxy }, /answered 502$/);
  });

  it('fails the indicator when the answer is nonsense, too large, refused or leads elsewhere', async () => {
    const failing = async (answer: (response: ServerResponse) => void, message: RegExp) => {
      const url = await serve((_request, response) => answer(response));
      const { value, result } = await one('vector(1)', { endpoint: url, limits: { maxBytes: 10_000 } });
      assert.match(value?.message ?? '', message);
      assert.equal(result, 'fail');
    };
    await failing((response) => void response.end('<html>'), /bad_response: status 200/);
    await failing(
      (response) =>
        void response.end('{"status":"success","data":{"resultType":"vector","result":[{"value":"x"}]}}'),
      /no list of series/,
    );
    await failing((response) => void response.end('x'.repeat(20_000)), /larger than 10000 bytes/);
    await failing((response) => void response.writeHead(401).end(), /client_error: client error: 401/);
    await failing(
      (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /bad_response: status 302/,
    );
    await failing((response) => void response.end(vector('many')), /did not return valid values/);
  });

  it('answers a series over time for comparing two sides', async () => {
    await write(
      'indicators: { x: "vector(time())", nan: "vector(0)/0", two: "label_replace(vector(1), \\"a\\", \\"b\\", \\"\\", \\"\\") or vector(1)" }',
    );
    const asked = request({ indicators: ['x', 'nan', 'two'], start: '1700000000', end: '1700000060' });
    const [x, nan, two] = await provider().fetchRange(asked, 15, CONTEXT);
    assert.deepEqual(x?.values, [1700000000, 1700000015, 1700000030, 1700000045, 1700000060]);
    assert.deepEqual(x?.times, x?.values);
    assert.deepEqual([nan?.success, nan?.values], [true, []]);
    assert.deepEqual([two?.success, two?.message], [false, 'query did return multiple values']);
  });

  it('stops asking when the activity is cancelled', async () => {
    const silent = await serve(() => undefined);
    await write('indicators: { x: vector(1) }');
    const controller = new AbortController();
    const asked = provider({ endpoint: silent }).fetch(request({ indicators: ['x'] }), {
      signal: controller.signal,
      progress: () => undefined,
    });
    const server = servers.at(-1);
    if (server !== undefined) await once(server, 'request');
    controller.abort();
    await assert.rejects(asked, { name: 'AbortError' });
  });
});

function vector(value: string): string {
  return JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] },
  });
}

/** An answer that never ends but always sends something, so that an idle timeout never strikes. */
function trickling(_request: IncomingMessage, response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}
