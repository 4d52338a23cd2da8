import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pidDirectory } from '../src/embedded/processes/pid-files.ts';
import { openProcessGroup } from '../src/embedded/processes/process-group.ts';
import { startTemporalServer } from '../src/embedded/temporal-server.ts';
import { bundleWorkflows } from '../src/worker/bundle.ts';
import { createSlipwayWorker } from '../src/worker/create-worker.ts';
import { RecordingActivities } from '../test/support/recording-activities.ts';

/** What a benchmark works with. */
export interface BenchStage {
  client: Client;
  /** Process id of the Temporal server, for its CPU. */
  serverPid: number;
  /** What the activities have seen. */
  recorded: RecordingActivities;
}

/** Runs a benchmark on a fresh in-memory dev server with one worker in this process, and ends both after it. */
export async function onStage(
  bench: (stage: BenchStage) => Promise<void>,
  options: { maxCachedWorkflows?: number } = {},
): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const stateDir = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const processes = await openProcessGroup(stateDir);
  try {
    const server = await startTemporalServer(processes, { inMemory: true, headless: true });
    const bundle = await bundleWorkflows(fileURLToPath(new URL('workflows.ts', import.meta.url)));
    const connection = await NativeConnection.connect({ address: server.address });
    const recorded = new RecordingActivities();
    const worker = await createSlipwayWorker({
      connection,
      activities: recorded.all(),
      workflowBundle: { code: bundle },
      ...options,
    });
    const client = new Client({ connection: await Connection.connect({ address: server.address }) });
    await worker.runUntil(bench({ client, serverPid: serverPid(stateDir), recorded }));
  } finally {
    await processes.stopAll();
    await rm(stateDir, { recursive: true, force: true });
  }
}

function serverPid(stateDir: string): number {
  const file = join(pidDirectory(stateDir), 'temporal.pid.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
}
