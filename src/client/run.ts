import { type KeptnEvent, parseEventType, type Result, type Status } from '../contracts/events.ts';
import { isJsonObject } from '../contracts/json.ts';
import { isEnd } from '../sequence/state-view.ts';

/** One task of a run, as its events tell. */
export interface TaskRun {
  task: string;
  triggeredId: string;
  state: 'triggered' | 'started' | 'waitingForApproval' | 'finished';
  result?: Result;
  status?: Status;
  message?: string;
  /** Score of an evaluation, 0 to 100. */
  score?: number;
}

/** One sequence of a run in one stage. */
export interface SequenceRun {
  stage: string;
  sequence: string;
  triggeredId: string;
  state: 'started' | 'finished';
  result?: Result;
  status?: Status;
  message?: string;
  tasks: TaskRun[];
}

/** State of a whole run: triggered, waiting, started, waitingForApproval, paused, finished, timedOut, aborted. */
export type RunState = string;

/** Everything that shares one Keptn context, from the first sequence to the last follow-up. */
export interface Run {
  keptnContext: string;
  project: string;
  service: string;
  /** Name of the first sequence. */
  name: string;
  state: RunState;
  /** Verdict over all stages; absent while the run goes on. */
  result?: Result;
  status?: Status;
  /** Why it is not a pass, when a reason was given. */
  message?: string;
  sequences: SequenceRun[];
}

/** True when nothing more will happen in a run of this state. */
export function hasEnded(state: RunState): boolean {
  return isEnd(state);
}

/** True when every sequence that was triggered has its finished event. */
export function allSequencesFinished(sequences: readonly SequenceRun[]): boolean {
  return sequences.length > 0 && sequences.every((sequence) => sequence.state === 'finished');
}

/** Sequences and tasks of a run from its events, which stand in the order in which they happened. */
export function sequencesOf(events: readonly KeptnEvent[]): SequenceRun[] {
  const sequences: SequenceRun[] = [];
  for (const event of events) {
    const type = parseEventType(event.type);
    if (type?.of === 'sequence') applySequenceEvent(sequences, event, type);
    // get-sli is a step inside an evaluation, no task of the shipyard.
    else if (type?.of === 'task' && type.task !== 'get-sli') applyTaskEvent(sequences, event, type);
  }
  return sequences;
}

/**
 * The verdict over all sequences: the worst result and status, where of a sequence that ran again (a remediation
 * loop) only the last run counts.
 */
export function verdictOf(
  state: RunState,
  sequences: readonly SequenceRun[],
): { result: Result; status: Status; message?: string } {
  const last = new Map<string, SequenceRun>();
  for (const sequence of sequences) last.set(`${sequence.stage}.${sequence.sequence}`, sequence);
  const rank = (run: SequenceRun): number => (run.result === 'pass' ? 0 : run.result === 'warning' ? 1 : 2);
  const worst = [...last.values()].reduce<SequenceRun | undefined>(
    (found, run) => (found === undefined || rank(run) > rank(found) ? run : found),
    undefined,
  );
  const aborted = state === 'aborted' || worst?.status === 'aborted';
  const result = aborted || state === 'timedOut' ? 'fail' : (worst?.result ?? 'fail');
  const status = aborted ? 'aborted' : (worst?.status ?? 'unknown');
  const message = worst?.message;
  return { result, status, ...(message ? { message } : {}) };
}

function applySequenceEvent(
  sequences: SequenceRun[],
  event: KeptnEvent,
  type: { stage: string; sequence: string; kind: string },
): void {
  if (type.kind === 'triggered') {
    if (sequences.some((known) => known.triggeredId === event.id)) return;
    const { stage, sequence } = type;
    sequences.push({ stage, sequence, triggeredId: event.id, state: 'started', tasks: [] });
  } else if (type.kind === 'finished') {
    const run =
      sequences.find((known) => known.triggeredId === event.triggeredid) ??
      sequences.findLast((known) => known.stage === type.stage && known.sequence === type.sequence);
    if (run !== undefined) Object.assign(run, { state: 'finished' }, outcomeOf(event));
  }
}

function applyTaskEvent(
  sequences: SequenceRun[],
  event: KeptnEvent,
  type: { task: string; kind: string },
): void {
  if (type.kind === 'triggered') {
    const owner =
      sequences.findLast((run) => run.stage === event.data.stage && run.state === 'started') ??
      sequences.findLast((run) => run.stage === event.data.stage);
    if (owner === undefined || owner.tasks.some((task) => task.triggeredId === event.id)) return;
    owner.tasks.push({ task: type.task, triggeredId: event.id, state: 'triggered' });
    return;
  }
  const task = sequences.flatMap((run) => run.tasks).find((known) => known.triggeredId === event.triggeredid);
  if (task === undefined) return;
  if (type.kind === 'started' && task.state === 'triggered') {
    task.state = type.task === 'approval' ? 'waitingForApproval' : 'started';
  } else if (type.kind === 'finished') {
    const score = scoreOf(event);
    Object.assign(task, { state: 'finished' }, outcomeOf(event), score === undefined ? {} : { score });
  }
}

function outcomeOf(event: KeptnEvent): { result?: Result; status?: Status; message?: string } {
  const { result, status, message } = event.data;
  return {
    ...(result === undefined ? {} : { result }),
    ...(status === undefined ? {} : { status }),
    ...(message ? { message } : {}),
  };
}

function scoreOf(event: KeptnEvent): number | undefined {
  const { evaluation } = event.data;
  const score = isJsonObject(evaluation) ? evaluation.score : undefined;
  return event.type.endsWith('.evaluation.finished') && typeof score === 'number' ? score : undefined;
}
