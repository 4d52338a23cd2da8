import { setTimeout as delay } from 'node:timers/promises';
import { type Line, readLine, writeLine } from '../client/line.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { SequenceStateRow } from '../store/store.ts';
import type { ServerContext } from './context.ts';
import { ApiError } from './errors.ts';

const MAX_ROWS = 5_000;
/** A trigger that was let in just before the stop shows up in the list within this time. */
const SETTLE_MS = 250;
const ROUNDS = 4;

/** Who stops or resumes a line, and why. */
export interface LineChange {
  by?: string;
  reason?: string;
}

type Parts = Pick<ServerContext, 'store' | 'runs' | 'now'>;

/** Refuses new sequences of a project from now on and pauses those that run. Throws ApiError 409 when it is stopped already. */
export async function stopLine(parts: Parts, project: string, change: LineChange): Promise<Line> {
  const { store, runs, now } = parts;
  const current = await readLine(store, project);
  if (current.state === 'stopped') {
    throw new ApiError(409, `the line of project ${project} is stopped already, since ${current.time}`);
  }
  const active = await activeRows(parts, project);
  const pausedBefore = contextsOf(active.filter(({ state }) => state === 'paused'));
  const line = { state: 'stopped', ...change, pausedBefore, time: now().toISOString() } as const;
  await writeLine(store, project, line);
  const told = new Set<string>(pausedBefore);
  for (let round = 0; round < ROUNDS; round += 1) {
    const running = contextsOf(await activeRows(parts, project)).filter((context) => !told.has(context));
    if (running.length === 0 && round > 0) break;
    for (const keptnContext of running) {
      told.add(keptnContext);
      await runs.control({ project, keptnContext, state: 'pause', ...why(change) });
    }
    await delay(SETTLE_MS);
  }
  return line;
}

/** Lets new sequences start again and resumes what the stop had paused. Throws ApiError 409 when the line is not stopped. */
export async function resumeLine(parts: Parts, project: string, change: LineChange): Promise<Line> {
  const { store, runs, now } = parts;
  const { state, pausedBefore = [] } = await readLine(store, project);
  if (state === 'running') throw new ApiError(409, `the line of project ${project} is not stopped`);
  const line = { state: 'running', ...change, time: now().toISOString() } as const;
  await writeLine(store, project, line);
  for (const keptnContext of contextsOf(await activeRows(parts, project))) {
    if (pausedBefore.includes(keptnContext)) continue;
    await runs.control({ project, keptnContext, state: 'resume', ...why(change) });
  }
  return line;
}

async function activeRows({ store }: Parts, project: string): Promise<SequenceStateRow[]> {
  const rows = await store.sequenceStates({ project, limit: MAX_ROWS, offset: 0 });
  return rows.filter(({ state }) => !isEnd(state));
}

function contextsOf(rows: readonly SequenceStateRow[]): string[] {
  return [...new Set(rows.map(({ keptnContext }) => keptnContext))];
}

function why({ by, reason }: LineChange): LineChange {
  return { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
}
