import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { PrometheusProvider } from '../../src/activities/sli/prometheus.ts';
import type { KeptnEvent } from '../../src/contracts/events.ts';
import { evaluationWorkflowId } from '../../src/contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../src/contracts/json.ts';
import type { EvaluationInput } from '../../src/contracts/workflows.ts';
import { openProcessGroup, type ProcessGroup } from '../../src/embedded/processes/process-group.ts';
import { startPrometheus } from '../../src/embedded/prometheus.ts';
import { writeTargets } from '../../src/embedded/scrape-targets.ts';
import { ActivityWorld, SCOPE } from '../support/activity-world.ts';
import { eventually } from '../support/eventually.ts';
import { withWorker } from '../support/temporal.ts';

const SAMPLES = 12;
const JOB = '$SERVICE-$PROJECT-$STAGE-$DEPLOYMENT';
const RULE = `{ with: canary, min-samples: ${SAMPLES - 2} }`;

/** A service whose latency swings around a level; its load is alike on both sides, whose two jobs both scrape it. */
async function metricServer(level: number): Promise<Server> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes += 1;
    response.end(`latency_ms ${level + ((scrapes * 7) % 5)}\nload ${50 + (Math.floor(scrapes / 2) % 2)}\n`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

describe('an evaluation that compares canary and primary in a real Prometheus', function () {
  this.timeout(300_000); // the first run on a machine fetches the program; a busy one misses scrapes
  let world: ActivityWorld;
  let stateDir: string;
  let processes: ProcessGroup;
  let prometheus: PrometheusProvider;
  let window: { start: string; end: string };
  const servers: Server[] = [];

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'slipway-canary-'));
    processes = await openProcessGroup(stateDir);
    world = await ActivityWorld.open();
    const [canary, primary] = [await metricServer(130), await metricServer(100)];
    servers.push(canary, primary);
    await writeTargets(stateDir, SCOPE, [
      { port: portOf(canary), path: '/metrics', side: 'canary' },
      { port: portOf(primary), path: '/metrics', side: 'primary' },
    ]);
    const { url } = await startPrometheus(processes, { scrapeInterval: '1s' });
    prometheus = new PrometheusProvider({
      config: world.config,
      secret: async () => undefined,
      endpoint: url,
    });
    const start = Date.now();
    await eventually('both sides have enough samples', () => hasSamples(url, start), 150_000);
    window = { start: new Date(start).toISOString(), end: new Date().toISOString() };
    await world.write(
      'prometheus/sli.yaml',
      `indicators:\n  latency: latency_ms{job="${JOB}"}\n  load: load{job="${JOB}"}\n  blind: latency_ms{job="carts-sockshop-dev-primary"}\n`,
    );
  });
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await processes.stopAll();
    await world.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  /** The very points that the comparison will read; a busy machine misses some scrapes. */
  const hasSamples = async (url: string, start: number): Promise<boolean> => {
    const query = 'latency_ms{job=~"carts-sockshop-dev-.*"}';
    const params = { query, start: start / 1000, end: Date.now() / 1000, step: '1s' };
    const { data } = await axios.get(`${url}/api/v1/query_range`, { params, timeout: 20_000 });
    const sides: { values: unknown[] }[] = data.data.result;
    return sides.length === 2 && sides.every(({ values }) => values.length >= SAMPLES);
  };

  const evaluate = async (slo: string): Promise<KeptnEvent> => {
    await world.write('slo.yaml', slo);
    const triggered = await world.event('evaluation', { test: window, evaluation: { 'x-step': '1s' } });
    const scope = { ...SCOPE, keptnContext: triggered.shkeptncontext };
    return withWorker(world.activities({ sliProviders: [prometheus] }), ({ client, taskQueue }) =>
      client.workflow.execute<(input: EvaluationInput) => Promise<KeptnEvent>>('evaluation', {
        args: [{ ...scope, gitCommitId: triggered.gitcommitid ?? '', triggered }],
        taskQueue,
        workflowId: evaluationWorkflowId({ ...scope, triggeredId: triggered.id }),
      }),
    );
  };
  const evaluationOf = ({ data }: KeptnEvent): JsonObject =>
    isJsonObject(data.evaluation) ? data.evaluation : {};

  it('fails a canary that is slower than its primary and passes the load that is alike', async () => {
    const finished = await evaluate(
      `objectives: [{ sli: latency, x-compare: ${RULE} }, { sli: load, x-compare: ${RULE} }]\ntotal_score: { pass: "90%" }\n`,
    );
    assert.equal(finished.data.result, 'fail');
    const { indicatorResults, score } = evaluationOf(finished);
    const [latency, load] = indicatorResults as unknown as { status: string; value: { message: string } }[];
    assert.equal(latency?.status, 'fail');
    assert.match(latency.value.message, /^canary is worse than primary: shift (2[6-9]|3[0-4])/);
    assert.equal(load?.status, 'pass', load?.value.message);
    assert.equal(score, 50);
    const stored = await world.store.events({ project: SCOPE.project, limit: 10, offset: 0 });
    assert.deepEqual(stored.events.map(({ type }) => type.replace('sh.keptn.event.', '')).reverse(), [
      'get-sli.triggered',
      'get-sli.started',
      'get-sli.finished',
      'evaluation.finished',
    ]);
  });

  it('never passes a query that asks for both sides alike, and says so', async () => {
    const finished = await evaluate(
      `objectives: [{ sli: blind, x-compare: ${RULE} }]\ntotal_score: { pass: "90%" }\n`,
    );
    assert.equal(finished.data.result, 'fail');
    assert.deepEqual(evaluationOf(finished)['x-problems'], [
      'x-compare of blind: its query asks for both sides alike; write $DEPLOYMENT where canary and primary differ',
    ]);
    assert.match(JSON.stringify(finished.data), /inconclusive: there are no samples/);
  });
});
