import type { JsonObject } from '../contracts/json.ts';
import { isEnd } from '../sequence/state-view.ts';
import type { EvaluationRow, EventReference, SequenceStateRow, StageActivity } from '../store/store.ts';

/** What one run is made of; the rows are newest first. */
export interface RunParts {
  /** State of the whole run. */
  state: string;
  rows: SequenceStateRow[];
  activity: StageActivity[];
  evaluations: EvaluationRow[];
}

/** One run as Keptn's sequence list shows it: all sequences of a context, called after the first. */
export function runView(keptnContext: string, parts: RunParts): JsonObject {
  const { state, rows, activity } = parts;
  const first = rows.at(-1);
  const times = activity.map(({ firstTime }) => firstTime).sort();
  const problemTitle = activity.find((one) => one.problemTitle !== undefined)?.problemTitle;
  const stages = [...new Set([...rows].reverse().map((row) => row.stage))];
  return {
    name: first?.sequence ?? '',
    project: first?.project ?? '',
    service: first?.service ?? '',
    shkeptncontext: keptnContext,
    state,
    // When it was triggered; a row has the time of its last change.
    time: times[0] ?? first?.time ?? '',
    ...(problemTitle === undefined ? {} : { problemTitle }),
    stages: stages.map((stage) => stageView(stage, parts)),
  };
}

function stageView(stage: string, { rows, activity, evaluations }: RunParts): JsonObject {
  const row = rows.find((one) => one.stage === stage);
  const seen = activity.find((one) => one.stage === stage);
  const evaluation = evaluations.find((one) => one.stage === stage);
  return {
    name: stage,
    ...(seen?.image === undefined ? {} : { image: seen.image }),
    state: stageState(row),
    ...(evaluation === undefined
      ? {}
      : { latestEvaluation: { result: evaluation.result, score: evaluation.score } }),
    ...(seen?.latestEvent ? { latestEvent: reference(seen.latestEvent) } : {}),
    ...(seen?.latestFailedEvent ? { latestFailedEvent: reference(seen.latestFailedEvent) } : {}),
  };
}

/** Keptn 1.4.5: `triggered` until the stage's sequence has ended, then the status of its end; `paused` in between. */
function stageState(row: SequenceStateRow | undefined): string {
  if (row === undefined || !isEnd(row.state)) return row?.state === 'paused' ? 'paused' : 'triggered';
  return row.status ?? row.state;
}

function reference({ type, eventId, time }: EventReference): JsonObject {
  return { type, id: eventId, time };
}

/** One sequence as the sequence-execution list shows it. */
export function executionView(row: SequenceStateRow): JsonObject {
  const { project, stage, service, keptnContext, status, result } = row;
  return {
    _id: row.workflowId,
    sequence: { name: row.sequence },
    status: { state: row.state },
    scope: {
      project,
      stage,
      service,
      keptnContext,
      ...(status === undefined ? {} : { status }),
      ...(result === undefined ? {} : { result }),
    },
    triggeredAt: row.time,
  };
}
