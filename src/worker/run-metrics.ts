import type { MetricMeter } from '@temporalio/common';
import type { Activities } from '../contracts/activities.ts';

/**
 * Counts what has ended, on the meter: `slipway_sequences_finished` by project, stage, sequence and result,
 * `slipway_evaluations_finished` by project, stage and result, and `slipway_tasks_begun` by task and executor. A worker that dies
 * between the step and its record in Temporal counts it twice.
 */
export function countRuns<All extends Activities>(
  activities: All,
  meter: Pick<MetricMeter, 'createCounter'>,
): All {
  const sequences = meter.createCounter('slipway_sequences_finished', '', 'sequences that have ended');
  const evaluations = meter.createCounter('slipway_evaluations_finished', '', 'evaluations that have ended');
  const tasks = meter.createCounter('slipway_tasks_begun', '', 'tasks that were begun');
  return {
    ...activities,
    async beginTask(request) {
      const executor = await activities.beginTask(request);
      tasks.add(1, { task: request.task, executor: executor.kind });
      return executor;
    },
    async finishSequence(request) {
      await activities.finishSequence(request);
      const { project, stage, sequence } = request.run;
      const { state = 'finished', result = 'none' } = request.state ?? {};
      sequences.add(1, { project, stage, sequence, state, result });
    },
    async saveEvaluation(request) {
      await activities.saveEvaluation(request);
      const { project, stage, result = 'none' } = request.finished.data;
      evaluations.add(1, { project, stage: String(stage ?? ''), result: String(result) });
    },
  };
}
