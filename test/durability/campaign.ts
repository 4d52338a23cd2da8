import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import { pidDirectory } from '../../src/embedded/processes/pid-files.ts';
import { openProcessGroup } from '../../src/embedded/processes/process-group.ts';
import { startTemporalServer } from '../../src/embedded/temporal-server.ts';
import { eventually } from '../support/eventually.ts';
import { type KillPoint, Lane, type Stage, type Told } from './killing.ts';
import type { Scenario } from './scenarios.ts';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const SHORT_TIMEOUTS = fileURLToPath(new URL('short-timeouts.ts', import.meta.url));

/** A Temporal server and a workflow bundle for a campaign of kills; `close` ends and removes all of it. */
export async function setStage(
  options: { inMemory?: boolean } = {},
): Promise<Stage & { killServer(): Promise<void>; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-durability-'));
  const processes = await openProcessGroup(join(directory, 'state'));
  const serverOptions = { inMemory: true, headless: true, ...options };
  const { address } = await startTemporalServer(processes, serverOptions);
  const bundlePath = join(directory, 'bundle.js');
  await writeFile(bundlePath, await bundle());
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    address,
    bundlePath,
    directory,
    killServer: async () => {
      await killed(join(pidDirectory(processes.stateDir), 'temporal.pid.json'));
      await startTemporalServer(processes, { ...serverOptions, port: Number(address.split(':')[1]) });
    },
    close: async () => {
      await connection.close();
      await processes.stopAll();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sends SIGKILL to the process that a pid file names, and waits until it is gone and forgotten. */
async function killed(pidFile: string): Promise<void> {
  const { pid } = JSON.parse(readFileSync(pidFile, 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await eventually('the server is gone', () => !existsSync(pidFile));
}

async function bundle(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    workflowInterceptorModules: [SHORT_TIMEOUTS],
    logger: { ...silent },
  });
  return code;
}

const nothing = (): void => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Every point at which a story can be interrupted, taken from its undisturbed telling. */
export function killPoints({ lengths, happenings }: Told): KillPoint[] {
  const events = Object.entries(lengths).flatMap(([of, length]) =>
    Array.from({ length: length - 1 }, (_, index): KillPoint => ({ after: 'event', of, count: index + 1 })),
  );
  const written = Array.from(
    { length: happenings },
    (_, index): KillPoint => ({
      after: 'happening',
      count: index + 1,
    }),
  );
  return [...events, ...written];
}

/** What went wrong at one point. */
export interface Difference {
  point: KillPoint;
  message: string;
}

/** Tells the story once for each point on several lanes at a time, and reports all endings that differ. */
export async function tellAll(
  stage: Stage,
  scenario: Scenario,
  { points, expected, width }: { points: KillPoint[]; expected: Told; width: number },
): Promise<{ kills: number; differences: Difference[] }> {
  const queue = [...points];
  const differences: Difference[] = [];
  let kills = 0;
  const lane = async (): Promise<void> => {
    const own = new Lane(stage);
    try {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        try {
          const told = await own.tell(scenario, point);
          if (told.killed) kills += 1;
          assert.deepEqual(told.outcome, expected.outcome);
        } catch (error) {
          differences.push({ point, message: error instanceof Error ? error.message : String(error) });
        }
      }
    } finally {
      await own.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, points.length) }, lane));
  return { kills, differences };
}
