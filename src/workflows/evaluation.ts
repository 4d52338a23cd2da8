import { isCancellation } from '@temporalio/workflow';
import type { PreparedEvaluation, SliAnswerJson, SliFetch } from '../contracts/activities.ts';
import { type KeptnEvent, taskEventType } from '../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import type { EvaluationInput } from '../contracts/workflows.ts';
import { evaluateGate } from '../gate/evaluate.ts';
import type { PreviousEvaluation, Slo, Verdict } from '../gate/types.ts';
import { evaluationSteps, records } from './activity-proxies.ts';
import { eventMaker } from './events.ts';
import { plainMessage } from './failures.ts';

type Ready = Extract<PreparedEvaluation, { outcome: 'ready' }>;

/** Source of the gate's events, as Keptn 1.4.5 signed them; the store looks evaluations up by it. */
const SOURCE = 'lighthouse-service';

/** Fetches the SLIs of all providers side by side, lets the gate judge them, and stores the verdict. */
export async function evaluation(input: EvaluationInput): Promise<KeptnEvent> {
  const newEvent = eventMaker(input.keptnContext, input.gitCommitId);
  const data = await judge(input);
  const finished = newEvent({
    type: taskEventType('evaluation', 'finished'),
    source: SOURCE,
    data,
    triggeredId: input.triggered.id,
  });
  await records.saveEvaluation({ triggeredId: input.triggered.id, finished });
  return finished;
}

/** `data` of evaluation.finished; a step that fails for good makes it errored, never pass. */
async function judge(input: EvaluationInput): Promise<JsonObject> {
  try {
    const steps = evaluationSteps('read slo.yaml and earlier evaluations');
    const prepared = await steps.prepareEvaluation(input);
    if (prepared.outcome === 'finished') return prepared.finished;
    return await score(input, prepared);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const message = `evaluation performed by lighthouse received an unexpected error: ${plainMessage(error)}`;
    return { ...scopeOf(input), status: 'errored', result: 'fail', message };
  }
}

async function score(input: EvaluationInput, prepared: Ready): Promise<JsonObject> {
  const answers = await Promise.all(prepared.fetches.map(fetchSlis));
  const answer = combine(answers);
  const { project, stage, service } = input;
  const verdict = evaluateGate({
    slo: prepared.slo as unknown as Slo,
    sliResults: answer.values,
    previousResults: prepared.previous as unknown as PreviousEvaluation[],
    getSli: { status: answer.status, result: answer.result, message: answer.message },
    project,
    stage,
    service,
  });
  return finishedData(input, prepared, { answer, verdict });
}

async function fetchSlis(fetch: SliFetch): Promise<SliAnswerJson> {
  try {
    const summary = `${fetch.indicators.length} SLIs from ${fetch.provider}`;
    return await evaluationSteps(summary).fetchSlis(fetch);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { start, end } = fetch;
    return { status: 'errored', result: 'fail', message: plainMessage(error), start, end, values: [] };
  }
}

/** Several providers answer one gate: values in the order of the providers, the worst status and result count. */
function combine(answers: SliAnswerJson[]): SliAnswerJson {
  const [first] = answers;
  if (first === undefined || answers.length === 1) {
    return first ?? { status: 'succeeded', result: 'pass', message: '', start: '', end: '', values: [] };
  }
  const worst = <T>(order: readonly T[], of: (answer: SliAnswerJson) => T): T =>
    order.find((level) => answers.some((answer) => of(answer) === level)) ?? of(first);
  return {
    status: worst(['errored', 'aborted', 'succeeded'] as const, (answer) => answer.status),
    result: worst(['fail', 'warning', 'pass'] as const, (answer) => answer.result),
    message: answers
      .map((answer) => answer.message)
      .filter((message) => message !== '')
      .join('; '),
    start: first.start,
    end: first.end,
    values: answers.flatMap((answer) => answer.values),
  };
}

function finishedData(
  input: EvaluationInput,
  prepared: Ready,
  { answer, verdict }: { answer: SliAnswerJson; verdict: Verdict },
): JsonObject {
  const { labels } = input.triggered.data;
  const { evaluation: scored } = verdict;
  return {
    ...scopeOf(input),
    ...(isJsonObject(labels) ? { labels } : {}),
    status: verdict.status,
    result: verdict.result,
    ...(verdict.message === '' ? {} : { message: verdict.message }),
    evaluation: {
      timeStart: answer.start,
      timeEnd: answer.end,
      result: scored.result,
      score: scored.score,
      sloFileContent: prepared.sloFileContent,
      indicatorResults: scored.indicatorResults as unknown as JsonObject[] | null,
      ...(scored.comparedEvents.length === 0 ? {} : { comparedEvents: [...scored.comparedEvents] }),
    },
  };
}

function scopeOf({ project, stage, service }: EvaluationInput): JsonObject {
  return { project, stage, service };
}
