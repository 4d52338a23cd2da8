import type { PreparedEvaluation, SliAnswerJson } from '../contracts/activities.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import type { EvaluationInput } from '../contracts/workflows.ts';
import type { CanarySamples } from '../gate/statistics/canary.ts';
import type { Slo, Verdict } from '../gate/types.ts';

/** An evaluation that can be judged. */
export type ReadyEvaluation = Extract<PreparedEvaluation, { outcome: 'ready' }>;

/** The gate's model of slo.yaml; null when there is none. */
export function sloOf({ slo }: ReadyEvaluation): Slo | null {
  return slo as unknown as Slo | null;
}

/** What was measured and what the gate says of it. */
export interface Judged {
  answer: SliAnswerJson;
  samples: { [metric: string]: CanarySamples };
  problems: string[];
  verdict: Verdict;
}

/** `data` of evaluation.finished as Keptn 1.4.5 wrote it, with the findings and the note beyond Keptn as `x-` keys. */
export function evaluationData(
  input: EvaluationInput,
  prepared: ReadyEvaluation,
  { answer, samples, problems, verdict }: Judged,
): JsonObject {
  const { evaluation: scored } = verdict;
  const note = withoutValues(prepared, answer, samples);
  return {
    ...evaluationScope(input),
    ...labelsOf(input, answer),
    status: verdict.status,
    result: verdict.result,
    ...(verdict.message === '' ? {} : { message: verdict.message }),
    evaluation: {
      timeStart: answer.start,
      timeEnd: answer.end,
      result: scored.result,
      score: scored.score,
      // Keptn 1.4.5 gives the file only where it was looked at.
      sloFileContent: answer.status === 'succeeded' ? prepared.sloFileContent : '',
      indicatorResults: scored.indicatorResults as unknown as JsonObject[] | null,
      ...(scored.comparedEvents.length === 0 ? {} : { comparedEvents: [...scored.comparedEvents] }),
      ...(problems.length === 0 ? {} : { 'x-problems': problems }),
      ...(note === undefined ? {} : { 'x-note': note }),
    },
  };
}

/** `data` of an evaluation whose steps failed for good. */
export function erroredEvaluation(input: EvaluationInput, reason: string): JsonObject {
  return {
    ...evaluationScope(input),
    status: 'errored',
    result: 'fail',
    message: `evaluation performed by lighthouse received an unexpected error: ${reason}`,
    evaluation: {
      timeStart: '',
      timeEnd: '',
      result: 'fail',
      score: 0,
      sloFileContent: '',
      indicatorResults: null,
    },
  };
}

function evaluationScope({ project, stage, service }: EvaluationInput): JsonObject {
  return { project, stage, service };
}

/** Labels that a provider adds are kept; those it does not repeat are not lost, as they were in Keptn 1.4.5. */
function labelsOf({ triggered }: EvaluationInput, { labels: added = {} }: SliAnswerJson): JsonObject {
  const { labels } = triggered.data;
  const all = { ...(isJsonObject(labels) ? labels : {}), ...added };
  return Object.keys(all).length === 0 ? {} : { labels: all };
}

/** A verdict without one measured value, which Keptn's message does not tell: a gate of information only still passes. */
function withoutValues(
  prepared: ReadyEvaluation,
  { start, end, values }: SliAnswerJson,
  samples: Judged['samples'],
): string | undefined {
  const objectives = sloOf(prepared)?.objectives ?? [];
  const measured = values.some(({ success }) => success) || Object.keys(samples).length > 0;
  if (measured || objectives.length === 0) return undefined;
  return `none of the ${objectives.length} objectives has a valid value between ${start} and ${end}: nothing was measured`;
}
