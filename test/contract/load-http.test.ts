import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { HttpLoad } from '../../src/activities/load/http-load.ts';
import { judge } from '../../src/activities/load/verdict.ts';
import { describeLoadContract } from './load.ts';
import { makeLoadHarness } from './load-harness.ts';
import { describeLoadToolContract } from './load-tool.ts';
import { effectContext } from './platform-harness.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const makeHttpLoad = () => makeLoadHarness((config) => new HttpLoad(config, { reachInterval: 10 }));

describeLoadContract('the built-in HTTP load', makeHttpLoad);
describeLoadToolContract('the built-in HTTP load', makeHttpLoad, async (harness, length) => {
  const loopcount = length === 'short' ? 25 : 1000;
  const workload = { teststrategy: 'performance', vuser: 4, loopcount, thinktime: 60 };
  await harness.configure(JSON.stringify({ workloads: [workload] }));
});

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
          const { result } = judge(workload, { requests, errors, average: 0 });
          assert.equal(result, errors > Math.trunc(rate * requests) ? 'fail' : 'pass');
        },
      ),
    );
  });
});
