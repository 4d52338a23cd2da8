import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import axios from 'axios';
import { SEARCH_ATTRIBUTE_NAMES, searchAttributes } from '../../../src/contracts/search-attributes.ts';
import { startAlertmanager } from '../../../src/embedded/alertmanager.ts';
import { EmbeddedStartError, PortInUseError } from '../../../src/embedded/errors.ts';
import { answersOk } from '../../../src/embedded/http-ready.ts';
import { freePort } from '../../../src/embedded/ports.ts';
import { openProcessGroup, type ProcessGroup } from '../../../src/embedded/processes/process-group.ts';
import { startPrometheus } from '../../../src/embedded/prometheus.ts';
import { writeTargets } from '../../../src/embedded/scrape-targets.ts';
import { startTemporalServer } from '../../../src/embedded/temporal-server.ts';

const demoServer = join(import.meta.dirname, '../../../demo/podtato-head/server/server.mjs');
const service = { project: 'podtatohead', stage: 'hardening', service: 'helloservice' };

async function until<T>(read: () => Promise<T | undefined>, what: string): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; await delay(100)) {
    const value = await read();
    if (value !== undefined) return value;
  }
  throw new Error(`still waiting: ${what}`);
}

describe('the servers of the embedded platform', function () {
  this.timeout(180_000); // the first run on a machine fetches the programs
  let stateDir: string;
  let processes: ProcessGroup;
  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'slipway-servers-'));
    processes = await openProcessGroup(stateDir);
  });
  const servers: Server[] = [];
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await processes.stopAll();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('run Temporal with the search attributes and without the waiting time of a default server, and keep its histories', async () => {
    const server = await startTemporalServer(processes, { headless: true });
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    const known = await connection.operatorService.listSearchAttributes({ namespace: server.namespace });
    for (const name of SEARCH_ATTRIBUTE_NAMES) assert.ok(name in (known.customAttributes ?? {}), name);
    await client.workflow.start('unknown', {
      taskQueue: 'nobody',
      workflowId: 'kept',
      typedSearchAttributes: [{ key: searchAttributes.project, value: 'podtatohead' }],
    });
    await connection.close();
    await server.stop();
    const again = await startTemporalServer(processes, { headless: true });
    const second = await Connection.connect({ address: again.address });
    const description = await new Client({ connection: second }).workflow.getHandle('kept').describe();
    assert.equal(description.typedSearchAttributes.get(searchAttributes.project), 'podtatohead');
    await second.close();
    await again.stop();
  });

  it('say which port is taken, and by what name it was wanted', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    servers.push(holder);
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    await assert.rejects(
      startPrometheus(processes, { port }),
      (error: Error) =>
        error instanceof PortInUseError && error.message.includes(`port ${port} for Prometheus`),
    );
  });

  it('run Prometheus, which scrapes what is written as target, and Alertmanager, which calls the webhook', async () => {
    const calls: {
      authorization: string | undefined;
      body: { alerts: { labels: { alertname: string } }[] };
    }[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        calls.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    servers.push(receiver);
    await once(receiver, 'listening');
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
    const alertmanager = await startAlertmanager(processes, { webhook: { url: hook, token: 'secret' } });
    const prometheus = await startPrometheus(processes, { alertmanager: alertmanager.address });

    const port = await freePort('the demo service');
    await processes.start({
      name: 'demo',
      argv: [process.execPath, demoServer, '--version', 'v0.1.1', '--port', `${port}`],
      isReady: () => answersOk(`http://127.0.0.1:${port}/`),
    });
    await writeTargets(stateDir, service, [{ port, path: '/metrics', side: 'canary' }]);
    const query = async (promql: string) => {
      const answer = await axios.get(`${prometheus.url}/api/v1/query`, { params: { query: promql } });
      return answer.data.data.result[0]?.value?.[1] as string | undefined;
    };
    for (const job of ['helloservice-podtatohead-hardening', 'helloservice-podtatohead-hardening-canary']) {
      assert.equal(await until(() => query(`up{job="${job}"} == 1`), job), '1');
      assert.ok(Number(await query(`http_requests_total{job="${job}",status="success"}`)) >= 1);
    }

    const rules = (expr: string) => ({
      groups: [
        { name: 'test', rules: [{ alert: 'response_time_p90', expr, labels: { severity: 'webhook' } }] },
      ],
    });
    await prometheus.setRules('demo', rules('up == 1'));
    const call = await until(async () => calls[0], 'the alert');
    assert.equal(call.body.alerts[0]?.labels.alertname, 'response_time_p90');
    assert.equal(call.authorization, 'Bearer secret');
    await assert.rejects(prometheus.setRules('demo', rules('up ==')), EmbeddedStartError);
    const kept = await axios.get(`${prometheus.url}/api/v1/rules`);
    assert.equal(kept.data.data.groups[0].rules[0].query, 'up == 1');
  });
});
