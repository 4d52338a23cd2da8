import type { Concurrency } from './types.ts';

/** What a run in a queue is doing. */
export type QueuePhase =
  /** Not started. */
  | 'waiting'
  /** Has the place at the head of the queue. */
  | 'running'
  /** Started, and gave its place up while it waits for a person. */
  | 'released'
  /** Wants its place back. */
  | 'requested';

/** One run of a sequence in the queue of its project, stage and service. */
export interface QueueEntry {
  runId: string;
  keptnContext: string;
  sequence: string;
  concurrency?: Concurrency;
  phase: QueuePhase;
  /** It was told to abort, because a newer run replaces it. */
  stopping?: boolean;
}

/** One queue: plain JSON, never changed in place. `entries` in order of arrival. */
export interface QueueState {
  entries: QueueEntry[];
  /** Runs that want their place back, the longest waiting first. */
  requests: string[];
  pausedContexts: string[];
}

/** What can happen to a queue. */
export type QueueMessage =
  | {
      kind: 'enqueue';
      runId: string;
      keptnContext: string;
      sequence: string;
      concurrency?: Concurrency;
    }
  | { kind: 'released' | 'requested' | 'done'; runId: string }
  | { kind: 'pauseContext' | 'resumeContext'; keptnContext: string };

/** What the caller has to do next, in this order. */
export type QueueCommand =
  /** Start the run; it has the place at the head of the queue. */
  | { kind: 'startRun'; runId: string }
  /** Tell the run that it has its place back. */
  | { kind: 'grantSlot'; runId: string }
  /** Abort a started run; `done` is expected when it has ended. */
  | { kind: 'abortRun'; runId: string; reason: string }
  /** The run will never start and is no longer in the queue. */
  | { kind: 'dropRun'; runId: string; reason: string }
  | { kind: 'ignored'; message: QueueMessage['kind']; reason: string };

/** The outcome of one step. */
export interface Admitted {
  state: QueueState;
  commands: QueueCommand[];
}

/** A queue without runs. */
export function emptyQueue(): QueueState {
  return { entries: [], requests: [], pausedContexts: [] };
}

/**
 * Tells the queue of one project, stage and service that something happened.
 *
 * Keptn 1.4.5: first in, first out; runs of one context never wait for each other; a run that is paused or
 * waits for an approval holds nobody up, but its next task waits while another run is busy; a run of a paused
 * context is not started and holds nobody up. `x-concurrency` changes this per sequence: `parallel` neither
 * waits nor is waited for, `skip` drops the new run when one of the same sequence is there, `replace` aborts
 * or drops those that are there, `hold` keeps the place during a wait, during a pause also that of a run that was
 * not started.
 */
export function admit(state: QueueState, message: QueueMessage): Admitted {
  switch (message.kind) {
    case 'enqueue':
      return enqueue(state, message);
    case 'released':
      return change(state, message, { phase: 'released' });
    case 'requested':
      return change(state, message, { phase: 'requested' });
    case 'done':
      return remove(state, message);
    case 'pauseContext': {
      const pausedContexts = [...new Set([...state.pausedContexts, message.keptnContext])];
      return dispatch({ ...state, pausedContexts }, []);
    }
    case 'resumeContext': {
      const pausedContexts = state.pausedContexts.filter((context) => context !== message.keptnContext);
      return dispatch({ ...state, pausedContexts }, []);
    }
  }
}

/** Run ids that wait for their turn, the next one first: those that want their place back, then the unstarted. */
export function waitingOrder(state: QueueState): string[] {
  const unstarted = state.entries.filter((entry) => entry.phase === 'waiting').map((entry) => entry.runId);
  return [...state.requests, ...unstarted];
}

function enqueue(state: QueueState, message: Extract<QueueMessage, { kind: 'enqueue' }>): Admitted {
  if (state.entries.some((entry) => entry.runId === message.runId)) {
    return unchanged(state, message, `run ${message.runId} is in the queue already`);
  }
  const { kind: _kind, ...run } = message;
  const entry: QueueEntry = { ...run, phase: 'waiting' };
  const rivals = state.entries.filter(
    (other) => other.sequence === entry.sequence && other.keptnContext !== entry.keptnContext,
  );
  const mode = modeOf(entry);
  if (mode === 'skip' && rivals[0] !== undefined) {
    const reason = `skipped: ${rivals[0].runId} of the same sequence is not done`;
    return { state, commands: [{ kind: 'dropRun', runId: entry.runId, reason }] };
  }
  if (mode === 'replace') return replace(state, entry, rivals);
  return dispatch({ ...state, entries: [...state.entries, entry] }, []);
}

function replace(state: QueueState, entry: QueueEntry, rivals: readonly QueueEntry[]): Admitted {
  const reason = `replaced by ${entry.runId}`;
  const commands: QueueCommand[] = [];
  for (const rival of rivals) {
    if (rival.phase === 'waiting') commands.push({ kind: 'dropRun', runId: rival.runId, reason });
    else if (rival.stopping !== true) commands.push({ kind: 'abortRun', runId: rival.runId, reason });
  }
  const kept = state.entries
    .filter((other) => !(rivals.includes(other) && other.phase === 'waiting'))
    .map((other) => (rivals.includes(other) ? { ...other, stopping: true } : other));
  return dispatch({ ...state, entries: [...kept, entry] }, commands);
}

function change(
  state: QueueState,
  message: Extract<QueueMessage, { runId: string }>,
  update: { phase: 'released' | 'requested' },
): Admitted {
  const { runId } = message;
  const entry = state.entries.find((candidate) => candidate.runId === runId);
  const expected = update.phase === 'released' ? 'running' : 'released';
  if (entry?.phase !== expected) {
    return unchanged(
      state,
      message,
      `run ${runId} is ${entry?.phase ?? 'not in the queue'}, not ${expected}`,
    );
  }
  const entries = state.entries.map((other) => (other === entry ? { ...entry, ...update } : other));
  const requests = update.phase === 'requested' ? [...state.requests, runId] : state.requests;
  return dispatch({ ...state, entries, requests }, []);
}

function remove(state: QueueState, message: Extract<QueueMessage, { runId: string }>): Admitted {
  const { runId } = message;
  if (!state.entries.some((entry) => entry.runId === runId)) {
    return unchanged(state, message, `run ${runId} is not in the queue`);
  }
  const entries = state.entries.filter((entry) => entry.runId !== runId);
  const requests = state.requests.filter((request) => request !== runId);
  return dispatch({ ...state, entries, requests }, []);
}

/** Gives out every place that is free: first to runs that were started before, then to waiting ones in order. */
function dispatch(state: QueueState, before: QueueCommand[]): Admitted {
  let current = state;
  const commands = [...before];
  for (;;) {
    const next = nextGrant(current) ?? nextStart(current);
    if (next === undefined) return { state: current, commands };
    const kind = next.phase === 'waiting' ? 'startRun' : 'grantSlot';
    commands.push({ kind, runId: next.runId });
    current = {
      ...current,
      entries: current.entries.map((entry) => (entry === next ? { ...entry, phase: 'running' } : entry)),
      requests: current.requests.filter((request) => request !== next.runId),
    };
  }
}

function nextGrant(state: QueueState): QueueEntry | undefined {
  for (const runId of state.requests) {
    const entry = state.entries.find((candidate) => candidate.runId === runId);
    if (entry !== undefined && !state.entries.some((other) => holds(other, entry))) return entry;
  }
  return undefined;
}

function nextStart(state: QueueState): QueueEntry | undefined {
  return state.entries.find((entry, index) => {
    if (entry.phase !== 'waiting' || state.pausedContexts.includes(entry.keptnContext)) return false;
    return !state.entries.some((other, place) =>
      blocksStart(state, { other, earlier: place < index, entry }),
    );
  });
}

/** True when `other` is busy and `entry` has to wait for it. */
function holds(other: QueueEntry, entry: QueueEntry): boolean {
  if (other.keptnContext === entry.keptnContext) return false;
  if (modeOf(other) === 'parallel' || modeOf(entry) === 'parallel') return false;
  return other.phase === 'running';
}

function blocksStart(
  state: QueueState,
  { other, earlier, entry }: { other: QueueEntry; earlier: boolean; entry: QueueEntry },
): boolean {
  if (other.keptnContext === entry.keptnContext) return false;
  if (modeOf(other) === 'parallel' || modeOf(entry) === 'parallel') return false;
  if (other.phase === 'waiting') return earlier && !stepsAside(state, other);
  return other.phase !== 'released' || (other.stopping === true && other.sequence === entry.sequence);
}

/** A run of a paused context lets others by that came later. */
function stepsAside(state: QueueState, { keptnContext, concurrency }: QueueEntry): boolean {
  return state.pausedContexts.includes(keptnContext) && concurrency?.hold.includes('pause') !== true;
}

function modeOf(entry: QueueEntry): Concurrency['mode'] {
  return entry.concurrency?.mode ?? 'queue';
}

function unchanged(state: QueueState, message: QueueMessage, reason: string): Admitted {
  return { state, commands: [{ kind: 'ignored', message: message.kind, reason }] };
}
