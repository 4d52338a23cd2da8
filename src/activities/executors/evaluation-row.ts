import type { KeptnEvent } from '../../contracts/events.ts';
import type { EvaluationRow } from '../../store/store.ts';
import { objectAt, textMap } from './payload.ts';

/** The evaluation that an evaluation.finished event carries, as history keeps it. */
export function evaluationRow(triggeredId: string, finished: KeptnEvent): EvaluationRow {
  const { data } = finished;
  const evaluation = objectAt(data, 'evaluation');
  return {
    id: finished.id,
    triggeredId,
    project: data.project,
    stage: data.stage,
    service: data.service,
    keptnContext: finished.shkeptncontext,
    time: finished.time,
    result: data.result ?? 'fail',
    status: data.status ?? 'unknown',
    score: typeof evaluation.score === 'number' ? evaluation.score : 0,
    labels: textMap(data.labels),
    evaluation,
  };
}
