import { ENGINE_SOURCE, type Result, taskEventType } from '../../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { STEP_LABEL } from '../../sequence/traffic-steps.ts';
import { idOf } from '../events.ts';
import { GATE_SOURCE } from '../sli-exchanges.ts';
import { evaluationTask } from './evaluation-task.ts';
import type { BuiltinTask } from './task.ts';

/** One step that is to be judged. */
export interface StepWindow {
  weight: number;
  /** RFC 3339. */
  start: string;
  end: string;
  /** `data.deployment`, for the queries. */
  deployment: JsonObject;
}

/** What the gate says of a step. */
export interface StepVerdict {
  result: Result;
  errored: boolean;
  /** `fail, score 40`, or why nothing could be judged. */
  text: string;
}

/**
 * Judges a step by slo.yaml over its time, with an evaluation of its own in the history. The window stands in `test`, whose
 * times Keptn takes as they are: an evaluation's own times must be a minute apart.
 */
export async function analyseStep(task: BuiltinTask, window: StepWindow): Promise<StepVerdict> {
  const { project, stage, service, labels } = task.triggered.data;
  const { weight, start, end, deployment } = window;
  const scope = { project, stage, service, labels: { ...labels, [STEP_LABEL]: String(weight) } } as const;
  const event = task.newEvent({
    type: taskEventType('evaluation', 'triggered'),
    source: ENGINE_SOURCE,
    data: { ...scope, deployment, test: { start, end } },
    id: idOf(`canary step ${weight}/${task.triggered.id}`),
  });
  const started = task.newEvent({
    type: taskEventType('evaluation', 'started'),
    source: GATE_SOURCE,
    data: { ...scope, status: 'succeeded' },
    triggeredId: event.id,
  });
  await task.record([event, started]);
  const { status, result, message, data } = await evaluationTask({ ...task, triggered: event });
  const scored = isJsonObject(data.evaluation) ? data.evaluation.score : undefined;
  const score = typeof scored === 'number' ? `, score ${Math.round(scored * 100) / 100}` : '';
  const errored = status === 'errored';
  return {
    result,
    errored,
    text: errored ? message : `${result}${score}${message === '' ? '' : ` (${message})`}`,
  };
}
