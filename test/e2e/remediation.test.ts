import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import axios from 'axios';
import { isJsonObject, type JsonObject } from '../../src/contracts/json.ts';
import { type RunningDev, startDevCommand } from '../support/dev.ts';
import { eventually } from '../support/eventually.ts';

const PAGE = new URL('../../docs/remediation.md', import.meta.url);
const ROOT = new URL('../../', import.meta.url);
const SCOPE = { project: 'ticket-shop', stage: 'production', service: 'tickets' };
const CUSTOMERS = 4;

/** The commands of docs/remediation.md in the order in which a reader types them. */
const COMMANDS = [...readFileSync(PAGE, 'utf8').matchAll(/^\$ slipway ((?:.*\\\n)*.*)$/gm)].map(
  ([, line = '']) => line.replaceAll('\\\n', ' ').split(/\s+/),
);

describe('remediation with the real Prometheus and Alertmanager', function () {
  this.timeout(180_000); // the first run on a machine fetches Alertmanager
  let dev: RunningDev;
  let customers: { stop(): Promise<void> } | undefined;

  before(async () => {
    dev = await startDevCommand();
  });
  after(async () => {
    await customers?.stop();
    assert.equal(await dev.stop(), 0);
  });

  const slipway = (...words: string[]): string => {
    const main = new URL('bin/slipway.mjs', ROOT).pathname;
    const { endpoint, token } = dev.addresses;
    const env = { ...process.env, SLIPWAY_ENDPOINT: endpoint, SLIPWAY_TOKEN: token, NO_COLOR: '1' };
    const done = spawnSync(process.execPath, [main, ...words], { cwd: ROOT, encoding: 'utf8', env });
    assert.equal(done.status, 0, `slipway ${words.join(' ')}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  const events = (type: string, keptnContext?: string) =>
    dev.client.events({
      project: SCOPE.project,
      type: `sh.keptn.event.${type}`,
      ...(keptnContext ? { keptnContext } : {}),
    });
  const prometheus = async (query: string): Promise<number> => {
    const url = `${dev.addresses.prometheus}/api/v1/query`;
    const answer = await axios.get(url, { params: { query }, timeout: 5_000 });
    return Number(answer.data.data.result[0]?.value?.[1]);
  };
  const replicas = () => prometheus('count(up{job="tickets-ticket-shop-production-primary"} == 1)');

  it('is set up with the commands of the documentation, which put an alert into Prometheus', async () => {
    assert.ok(COMMANDS.length >= 8, `${COMMANDS.length} commands`);
    for (const words of COMMANDS) slipway(...words);
    assert.equal(
      await eventually('one replica is scraped', async () => (await replicas()) === 1, 20_000),
      true,
    );
    const { data } = await axios.get(`${dev.addresses.prometheus}/api/v1/rules`, { timeout: 5_000 });
    const [group] = data.data.groups;
    assert.equal(group.name, 'tickets ticket-shop-production alerts');
    assert.equal(group.rules[0].name, 'response_time_p90');
  });

  it('scales a service that has become slow, and its evaluation passes', async () => {
    const since = Date.now();
    customers = customersAt(await address());
    const keptnContext = await eventually(
      'the alert has started a remediation',
      async () => (await events('production.remediation.triggered'))[0]?.shkeptncontext,
      60_000,
    );
    const run = await dev.client.waitForSequence(keptnContext, { pollMs: 200, timeoutMs: 60_000 });
    const [evaluation] = await events('evaluation.finished', keptnContext);
    assert.equal(run.result, 'pass', JSON.stringify(evaluation?.data));
    assert.ok(Date.now() - since < 90_000, `${Date.now() - since} ms`);

    const [triggered] = await events('production.remediation.triggered', keptnContext);
    assert.equal(triggered?.source, 'prometheus');
    assert.equal(at(triggered?.data, 'problem').ProblemTitle, 'response_time_p90');
    const [action] = await events('action.finished', keptnContext);
    assert.equal(action?.data.message, 'Successfully executed scaling action');
    assert.equal(action?.data['x-replicas'], 3);
    assert.equal(evaluation?.data.result, 'pass');
    assert.equal(at(evaluation?.data, 'evaluation').score, 100);
    assert.equal(
      await eventually('three replicas are scraped', async () => (await replicas()) === 3, 20_000),
      true,
    );
  });

  it('notes that the problem has closed when the alert is resolved', async () => {
    const [triggered] = await events('production.remediation.triggered');
    const keptnContext = triggered?.shkeptncontext ?? '';
    const type = 'sh.keptn.events.problem';
    const closed = await eventually(
      'the alert is resolved',
      async () => (await dev.client.events({ keptnContext, type }))[0],
      60_000,
    );
    assert.equal(closed.data.State, 'CLOSED');
    assert.equal((await events('production.remediation.triggered')).length, 1, 'one remediation per problem');
  });

  async function address(): Promise<string> {
    const [deployed] = await events('deployment.finished');
    const uris = at(deployed?.data, 'deployment').deploymentURIsPublic;
    const [uri] = Array.isArray(uris) ? uris : [];
    if (typeof uri !== 'string') throw new Error('tickets is not deployed');
    return uri;
  }
});

function at(data: JsonObject | undefined, key: string): JsonObject {
  const value = data?.[key];
  return isJsonObject(value) ? value : {};
}

/** Customers who ask for one ticket after the other, until stopped. */
function customersAt(url: string): { stop(): Promise<void> } {
  let running = true;
  const customer = async (): Promise<void> => {
    while (running) await axios.get(url, { timeout: 10_000 });
  };
  const all = Promise.all(Array.from({ length: CUSTOMERS }, customer));
  all.catch(() => undefined); // told by stop()
  return {
    stop: async () => {
      running = false;
      await all;
    },
  };
}
