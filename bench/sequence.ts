// What one three-task sequence costs beside the smallest hand-written workflow with the same activities, in one run.
//   node bench/sequence.ts [rounds] [runs per round] [at a time]
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { queueWorkflowId } from '../src/contracts/ids.ts';
import { enqueueSignal } from '../src/contracts/messages.ts';
import { TASK_QUEUE } from '../src/contracts/task-queues.ts';
import { pidDirectory } from '../src/embedded/processes/pid-files.ts';
import { openProcessGroup } from '../src/embedded/processes/process-group.ts';
import { startTemporalServer } from '../src/embedded/temporal-server.ts';
import { bundleWorkflows } from '../src/worker/bundle.ts';
import { createSlipwayWorker } from '../src/worker/create-worker.ts';
import { RecordingActivities } from '../test/support/recording-activities.ts';
import { requestFor, runIdOf } from '../test/support/requests.ts';
import { cpuMilliseconds, inParallel, median, ownCpuMilliseconds } from './measure.ts';

const [rounds = 5, runs = 100, width = 10] = process.argv.slice(2).map(Number);

type Variant = 'hand-written' | 'sequence' | 'sequence through its queue';
interface Row {
  variant: Variant;
  events: number;
  workflowTasks: number;
  serverCpuMs: number;
  workerCpuMs: number;
  latencyMs: number;
  perMinute: number;
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
const stateDir = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
const processes = await openProcessGroup(stateDir);
try {
  const server = await startTemporalServer(processes, { inMemory: true, headless: true });
  const bundle = await bundleWorkflows(fileURLToPath(new URL('workflows.ts', import.meta.url)));
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await createSlipwayWorker({
    connection,
    activities: new RecordingActivities().all(),
    workflowBundle: { code: bundle },
  });
  const client = new Client({ connection: await Connection.connect({ address: server.address }) });
  await worker.runUntil(bench(client, temporalPid(stateDir)));
} finally {
  await processes.stopAll();
  await rm(stateDir, { recursive: true, force: true });
}

function temporalPid(directory: string): number {
  return (
    JSON.parse(readFileSync(join(pidDirectory(directory), 'temporal.pid.json'), 'utf8')) as { pid: number }
  ).pid;
}

async function bench(client: Client, serverPid: number): Promise<void> {
  const variants: Variant[] = ['hand-written', 'sequence', 'sequence through its queue'];
  for (const variant of variants) await inParallel(20, 5, async () => void (await runOnce(client, variant)));
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) rows.push(await measure(client, variant, serverPid));
  }
  console.log(
    `load average ${loadavg()
      .map((value) => value.toFixed(1))
      .join(' ')}; ${rounds} rounds of ${runs} runs, ${width} at a time`,
  );
  console.table(rows);
  const medians = variants.map((variant) => medianOf(rows.filter((row) => row.variant === variant)));
  console.log('medians');
  console.table(medians);
  const [base, ...others] = medians;
  for (const row of others) {
    if (base === undefined) continue;
    const cpu = (row.serverCpuMs + row.workerCpuMs) / (base.serverCpuMs + base.workerCpuMs);
    console.log(
      `${row.variant}: ${(row.events / base.events).toFixed(2)} times the events, ${cpu.toFixed(2)} times the CPU of the hand-written workflow`,
    );
  }
}

async function measure(client: Client, variant: Variant, serverPid: number): Promise<Row> {
  const [server, own, since] = [cpuMilliseconds(serverPid), ownCpuMilliseconds(), performance.now()];
  const latencies: number[] = [];
  let last: string[] = [];
  await inParallel(runs, width, async () => {
    const begun = performance.now();
    last = await runOnce(client, variant);
    latencies.push(performance.now() - begun);
  });
  const elapsed = performance.now() - since;
  const serverCpuMs = (cpuMilliseconds(serverPid) - server) / runs;
  const workerCpuMs = (ownCpuMilliseconds() - own) / runs;
  const counts = await Promise.all(last.map((id) => count(client, id)));
  return {
    variant,
    events: counts.reduce((sum, one) => sum + one.events, 0),
    workflowTasks: counts.reduce((sum, one) => sum + one.workflowTasks, 0),
    serverCpuMs: round(serverCpuMs),
    workerCpuMs: round(workerCpuMs),
    latencyMs: round(median(latencies)),
    perMinute: Math.round((runs / elapsed) * 60_000),
  };
}

/** Runs one and answers the ids of all workflows that it took. */
async function runOnce(client: Client, variant: Variant): Promise<string[]> {
  const service = `carts-${randomUUID()}`;
  const triggerData = { project: 'sockshop', stage: 'dev', service };
  const request = requestFor(['test', 'test', 'test'], { input: { service, triggerData } });
  const workflowId = runIdOf(request);
  if (variant === 'hand-written') {
    await client.workflow.execute('handWritten', {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [{ triggered: request.input }],
    });
    return [workflowId];
  }
  if (variant === 'sequence') {
    await client.workflow.execute('sequence', { workflowId, taskQueue: TASK_QUEUE, args: [request] });
    return [workflowId];
  }
  const queue = await client.workflow.signalWithStart('serviceQueue', {
    workflowId: queueWorkflowId(request.input),
    taskQueue: TASK_QUEUE,
    args: [{ project: 'sockshop', stage: 'dev', service }],
    signal: enqueueSignal,
    signalArgs: [request],
  });
  await queue.result();
  return [workflowId, queueWorkflowId(request.input)];
}

async function count(client: Client, workflowId: string): Promise<{ events: number; workflowTasks: number }> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  return { events: events?.length ?? 0, workflowTasks: completed.length };
}

function medianOf(rows: Row[]): Row {
  const of = (pick: (row: Row) => number): number => round(median(rows.map(pick)));
  return {
    variant: rows[0]?.variant ?? 'hand-written',
    events: of((row) => row.events),
    workflowTasks: of((row) => row.workflowTasks),
    serverCpuMs: of((row) => row.serverCpuMs),
    workerCpuMs: of((row) => row.workerCpuMs),
    latencyMs: of((row) => row.latencyMs),
    perMinute: of((row) => row.perMinute),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
