import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { GitConfigRepo } from '../../src/activities/config/git-config-repo.ts';
import { HttpLoad, judge } from '../../src/activities/load/http-load.ts';
import { describeLoadContract, type LoadHarness } from './load.ts';
import { effectContext } from './platform-harness.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function makeHttpLoad(): Promise<LoadHarness & { config: GitConfigRepo }> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-load-'));
  const config = new GitConfigRepo({ directory });
  const service = { project: 'podtatohead', stage: 'hardening', service: 'helloservice' };
  const shipyard = bytes('spec: {stages: [{name: hardening}]}\n');
  await config.createProject(service.project, { stages: [service.stage], shipyard });
  await config.createService(service.project, service.service);
  const behaviour = { failEvery: 0, answerAfter: 0, seen: 0 };
  const server = createServer((_request, response) => {
    const fails = behaviour.failEvery > 0 && ++behaviour.seen % behaviour.failEvery === 0;
    if (behaviour.failEvery === 0) behaviour.seen++;
    setTimeout(() => response.writeHead(fails ? 500 : 200).end('hello'), behaviour.answerAfter);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    tool: new HttpLoad(config, { reachInterval: 10 }),
    config,
    service,
    target: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    configure: async (text) => {
      await config.write(service, [{ uri: 'jmeter/jmeter.conf.yaml', content: bytes(text) }], 'test');
    },
    failEvery: (n) => {
      behaviour.failEvery = n;
      behaviour.seen = 0;
    },
    answerAfter: (milliseconds) => {
      behaviour.answerAfter = milliseconds;
    },
    seen: () => behaviour.seen,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describeLoadContract('the built-in HTTP load', makeHttpLoad);

describe('the built-in HTTP load', () => {
  it('takes the configuration of the service before that of the stage, that before the one of the project, and defaults last', async () => {
    const { tool, config, service, target, configure, seen, stop } = await makeHttpLoad();
    const { project, stage } = service;
    const requests = async (strategy = 'performance') =>
      (await tool.run({ ...service, strategy, target }, effectContext())).requests;
    const put = (scope: { project: string; stage?: string }, loopcount: number) => {
      const text = `workloads: [{teststrategy: Performance, vuser: 1, loopcount: ${loopcount}}]`;
      const content = bytes(text);
      return config.write(scope, [{ uri: 'jmeter/jmeter.conf.yaml', content }], 'test');
    };
    try {
      assert.equal(await requests('functional'), 1);
      await put({ project }, 2);
      assert.equal(await requests(), 2);
      await put({ project, stage }, 3);
      assert.equal(await requests(), 3);
      await configure('workloads: [{teststrategy: performance, vuser: 2, loopcount: 2}]');
      assert.equal(await requests(), 4);
      assert.equal(seen(), 10);
    } finally {
      await stop();
    }
  });

  it('ends after x-duration and keeps to x-rate', async () => {
    const { tool, service, target, configure, stop } = await makeHttpLoad();
    try {
      await configure(
        'workloads: [{teststrategy: performance, vuser: 5, loopcount: 100000, x-duration: 1s, x-rate: 50}]',
      );
      const result = await tool.run({ ...service, strategy: 'performance', target }, effectContext());
      assert.ok(result.requests >= 30 && result.requests <= 60, `${result.requests} requests`);
    } finally {
      await stop();
    }
  });

  it('asks for x-path, whatever path the address has', async () => {
    const { tool, service, configure, stop } = await makeHttpLoad();
    const asked: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      asked.push(request.url);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const target = `http://127.0.0.1:${(other.address() as AddressInfo).port}/base`;
    try {
      await configure(
        'workloads: [{teststrategy: p, vuser: 1, loopcount: 1, x-path: "/carts/1/items?a=b"}, {teststrategy: q, vuser: 1, loopcount: 1, x-path: //other.host/x}]',
      );
      for (const strategy of ['healthcheck', 'p', 'q'])
        await tool.run({ ...service, strategy, target }, effectContext());
      assert.deepEqual(asked, ['/base', '/carts/1/items?a=b', '//other.host/x']);
    } finally {
      other.closeAllConnections();
      other.close();
      await stop();
    }
  });

  it('fails a health check when nothing listens', async () => {
    const { tool, service, stop } = await makeHttpLoad();
    try {
      const request = { ...service, strategy: 'healthcheck', target: 'http://127.0.0.1:9/' };
      const result = await tool.run(request, effectContext());
      assert.equal(result.result, 'fail');
      assert.match(result.message, /cannot be reached/);
    } finally {
      await stop();
    }
  });

  it('judges by the accepted rate cut to whole requests', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(1000),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (requests, errors, rate) => {
          const workload = { teststrategy: 'performance', acceptederrorrate: rate, avgrtvalidation: 0 };
          const { result } = judge(workload, { requests, errors, latency: { mean: 0 } });
          assert.equal(result, errors > Math.trunc(rate * requests) ? 'fail' : 'pass');
        },
      ),
    );
  });
});
