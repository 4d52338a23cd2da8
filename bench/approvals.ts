// Runs that wait for an approval: memory of the worker, and how fast one decision and one event act.
//   node bench/approvals.ts [waiting 1000] [samples 200]
import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import type { Client } from '@temporalio/client';
import { decideUpdate, statusQuery, taskEventSignal } from '../src/contracts/messages.ts';
import { TASK_QUEUE } from '../src/contracts/task-queues.ts';
import type { SequenceRequest } from '../src/contracts/workflows.ts';
import { eventually } from '../test/support/eventually.ts';
import type { RecordingActivities } from '../test/support/recording-activities.ts';
import { requestFor, runIdOf } from '../test/support/requests.ts';
import { answerTo } from '../test/support/responders.ts';
import { inParallel } from './measure.ts';
import { onStage } from './stage.ts';

const [waiting = 1000, samples = 200] = process.argv.slice(2).map(Number);

await onStage(async ({ client, recorded }) => {
  recorded.executor = ({ task }) =>
    task === 'smoke' ? { kind: 'responders', names: ['bench'] } : { kind: 'builtin' };
  const before = memory();
  const since = performance.now();
  const requests = Array.from({ length: waiting }, () => requestOf(['approval', 'smoke', 'test']));
  await inParallel(waiting, 20, async (index) => {
    const request = requests[index];
    if (request !== undefined) await start(client, request);
  });
  await eventually('all wait', () => of(recorded, 'approval.triggered').length >= waiting, 600_000);
  console.log(`load average ${loadavg()[0]?.toFixed(1)}; ${waiting} runs wait after ${seconds(since)} s`);
  console.log(
    `worker memory: ${before} MB before, ${memory()} MB with all of them waiting (200 kept in memory)`,
  );
  const approvals: number[] = [];
  const signals: number[] = [];
  const step = Math.max(1, Math.floor(waiting / samples));
  for (let index = 0; index < waiting && approvals.length < samples; index += step) {
    const request = requests[index];
    if (request === undefined) continue;
    approvals.push(await timeToNext(recorded, request, 'smoke', () => approve(client, request)));
    await status(client, request);
    const smoke = ofRun(recorded, request, 'smoke.triggered');
    if (smoke === undefined) throw new Error('smoke was not triggered');
    const run = client.workflow.getHandle(runIdOf(request));
    await run.signal(taskEventSignal, { event: answerTo(smoke, 'started') });
    await status(client, request);
    const finished = { event: answerTo(smoke, 'finished') };
    signals.push(await timeToNext(recorded, request, 'test', () => run.signal(taskEventSignal, finished)));
  }
  report('approval (update) to the next task triggered, ms', approvals);
  report('finished signal to the next task triggered, ms', signals);
});

async function start(client: Client, request: SequenceRequest): Promise<void> {
  await client.workflow.start('sequence', {
    workflowId: runIdOf(request),
    taskQueue: TASK_QUEUE,
    args: [request],
  });
}

async function approve(client: Client, request: SequenceRequest): Promise<void> {
  const run = client.workflow.getHandle(runIdOf(request));
  await run.executeUpdate(decideUpdate, { args: [{ decision: 'approve', by: 'bench' }] });
}

/** A query is answered when the workflow task before it is done. */
async function status(client: Client, request: SequenceRequest): Promise<void> {
  await client.workflow.getHandle(runIdOf(request)).query(statusQuery);
}

/** Milliseconds from sending the message until the next task is stored; looked at every turn of the event loop. */
async function timeToNext(
  recorded: RecordingActivities,
  request: SequenceRequest,
  task: string,
  send: () => Promise<void>,
): Promise<number> {
  const since = performance.now();
  const sent = send();
  while (ofRun(recorded, request, `${task}.triggered`) === undefined) {
    if (performance.now() - since > 30_000) throw new Error(`${task} was not triggered within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const elapsed = performance.now() - since;
  await sent;
  return elapsed;
}

function of(recorded: RecordingActivities, type: string): RecordingActivities['events'] {
  return recorded.events.filter((event) => event.type === `sh.keptn.event.${type}`);
}

function ofRun(recorded: RecordingActivities, { input }: SequenceRequest, type: string) {
  return recorded.events.findLast(
    (event) => event.shkeptncontext === input.keptnContext && event.type === `sh.keptn.event.${type}`,
  );
}

function report(what: string, values: number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN).toFixed(1);
  console.log(`raw ${what}: ${values.map((value) => value.toFixed(0)).join(' ')}`);
  console.log(`${what}: p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} (${values.length} samples)`);
}

function requestOf(tasks: string[]): SequenceRequest {
  const service = `carts-${randomUUID()}`;
  const triggerData = { project: 'sockshop', stage: 'dev', service, result: 'pass' };
  return requestFor(tasks, { input: { service, triggerData } });
}

function memory(): number {
  return Math.round(process.memoryUsage().rss / 1e6);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
