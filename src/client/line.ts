import { randomUUID } from 'node:crypto';
import { ENGINE_SOURCE, type KeptnEvent } from '../contracts/events.ts';
import type { Store } from '../store/store.ts';

/** Type of the events that stop and resume a project's line: they are its state and its audit at once. */
export const LINE_EVENT = 'io.slipway.line.changed';

/** Whether a project starts anything, since when, by whom and why. */
export interface Line {
  state: 'running' | 'stopped';
  by?: string;
  reason?: string;
  /** RFC 3339; absent while the line was never stopped. */
  time?: string;
  /** Contexts that people had paused before the line stopped: its resumption leaves them alone. */
  pausedBefore?: string[];
}

/** The line of a project as it is now. */
export async function readLine(store: Pick<Store, 'events'>, project: string): Promise<Line> {
  const { events } = await store.events({ project, type: LINE_EVENT, limit: 1, offset: 0 });
  const [newest] = events;
  if (newest === undefined) return { state: 'running' };
  const { state, by, reason, pausedBefore } = newest.data;
  return {
    state: state === 'stopped' ? 'stopped' : 'running',
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    time: newest.time,
    ...(Array.isArray(pausedBefore) ? { pausedBefore: pausedBefore.map(String) } : {}),
  };
}

/** Writes down that the line stops or goes on. */
export async function writeLine(
  store: Pick<Store, 'appendEvents'>,
  project: string,
  { time, ...line }: Line & { time: string },
): Promise<void> {
  const event: KeptnEvent = {
    id: randomUUID(),
    type: LINE_EVENT,
    source: ENGINE_SOURCE,
    specversion: '1.0',
    contenttype: 'application/json',
    time,
    shkeptncontext: randomUUID(),
    data: { project, stage: '', service: '', ...line },
  };
  await store.appendEvents([event]);
}
