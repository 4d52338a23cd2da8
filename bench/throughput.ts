// Sequences per minute through their queues: three tasks each, over many services, including the dev server's own CPU.
//   node bench/throughput.ts [rounds 5] [sequences 200] [services 50] [queued services 1000]
import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import type { Client } from '@temporalio/client';
import { queueWorkflowId } from '../src/contracts/ids.ts';
import { TASK_QUEUE } from '../src/contracts/task-queues.ts';
import type { SequenceRequest } from '../src/contracts/workflows.ts';
import { requestFor } from '../test/support/requests.ts';
import { enqueue } from '../test/support/responders.ts';
import { cpuMilliseconds, inParallel, median, ownCpuMilliseconds } from './measure.ts';
import { onStage } from './stage.ts';

const [rounds = 5, sequences = 200, services = 50, queued = 1000] = process.argv.slice(2).map(Number);

interface Row {
  sequences: number;
  services: number;
  seconds: number;
  perMinute: number;
  serverCpuMs: number;
  workerCpuMs: number;
}

await onStage(async ({ client, serverPid }) => {
  await measure(client, serverPid, { count: 20, over: 5 });
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    rows.push(await measure(client, serverPid, { count: sequences, over: services }));
  }
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(
    `load average ${load.join(' ')}; ${rounds} rounds of ${sequences} sequences over ${services} services`,
  );
  console.table(rows);
  const of = (pick: (row: Row) => number): number => Math.round(median(rows.map(pick)) * 10) / 10;
  console.log(
    `median: ${of((row) => row.perMinute)} sequences per minute; CPU per sequence: server ${of((row) => row.serverCpuMs)} ms, worker and client ${of((row) => row.workerCpuMs)} ms`,
  );
  console.log(`${queued} services queued at once, one sequence each`);
  console.table([await measure(client, serverPid, { count: queued, over: queued })]);
});

/** Enqueues all at once and waits until all queues have ended. CPU figures are per sequence. */
async function measure(
  client: Client,
  serverPid: number,
  { count, over }: { count: number; over: number },
): Promise<Row> {
  const requests = Array.from({ length: count }, (_, index) => `carts-${index % over}-`);
  const round = randomUUID();
  const [server, own, since] = [cpuMilliseconds(serverPid), ownCpuMilliseconds(), performance.now()];
  const pinned = requests.map((name) => requestOf(`${name}${round}`));
  await inParallel(count, 20, async (index) => {
    const request = pinned[index];
    if (request !== undefined) await enqueue(client, TASK_QUEUE, request);
  });
  const queues = [...new Set(pinned.map(({ input }) => queueWorkflowId(input)))];
  await inParallel(queues.length, 50, async (index) => {
    await client.workflow.getHandle(queues[index] ?? '').result();
  });
  const seconds = (performance.now() - since) / 1000;
  return {
    sequences: count,
    services: over,
    seconds: Math.round(seconds * 10) / 10,
    perMinute: Math.round((count / seconds) * 60),
    serverCpuMs: Math.round((cpuMilliseconds(serverPid) - server) / count),
    workerCpuMs: Math.round((ownCpuMilliseconds() - own) / count),
  };
}

function requestOf(service: string): SequenceRequest {
  const triggerData = { project: 'sockshop', stage: 'dev', service };
  return requestFor(['test', 'test', 'test'], { input: { service, triggerData } });
}
