import { isCancellation, patched, setHandler } from '@temporalio/workflow';
import type { PreparedEvaluation, SliAnswerJson } from '../contracts/activities.ts';
import { type KeptnEvent, taskEventType } from '../contracts/events.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import { taskEventSignal } from '../contracts/messages.ts';
import type { EvaluationInput } from '../contracts/workflows.ts';
import { evaluateGate } from '../gate/evaluate.ts';
import type { PreviousEvaluation } from '../gate/types.ts';
import { evaluationSteps, records } from './activity-proxies.ts';
import { erroredEvaluation, evaluationData, type ReadyEvaluation, sloOf } from './evaluation-data.ts';
import { eventMaker } from './events.ts';
import { plainMessage } from './failures.ts';
import { type Measured, measureAll } from './measurement.ts';
import { ifReadable, isTaskEvent } from './readable.ts';
import { GATE_SOURCE, SliExchanges } from './sli-exchanges.ts';

/** Fetches the SLIs of all providers, lets the gate judge them, and stores the verdict. */
export async function evaluation(input: EvaluationInput): Promise<KeptnEvent> {
  const newEvent = eventMaker(input.keptnContext, input.gitCommitId);
  const exchanges = new SliExchanges(input, newEvent);
  const taken = ifReadable('taskEvent', isTaskEvent, ({ event }) => exchanges.take(event));
  setHandler(taskEventSignal, taken, {
    description: 'get-sli.started or get-sli.finished of an integration that measures',
  });
  const data = await judge(input, exchanges);
  const finished = newEvent({
    type: taskEventType('evaluation', 'finished'),
    source: GATE_SOURCE,
    data,
    triggeredId: input.triggered.id,
  });
  await records.saveEvaluation({ triggeredId: input.triggered.id, finished, events: exchanges.events });
  return finished;
}

/** `data` of evaluation.finished; a step that fails for good makes it errored, never pass. */
async function judge(input: EvaluationInput, exchanges: SliExchanges): Promise<JsonObject> {
  try {
    const prepared = await prepare(input);
    if (prepared.outcome === 'finished') return prepared.finished;
    const measured = await measureAll(prepared, exchanges);
    const answered = await asAnswered({ input, prepared, exchanges }, measured.answer);
    return answered.outcome === 'finished' ? answered.finished : score(input, answered, measured);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return erroredEvaluation(input, plainMessage(error));
  }
}

function prepare(input: EvaluationInput): Promise<PreparedEvaluation> {
  return evaluationSteps('read slo.yaml and earlier evaluations').prepareEvaluation(input);
}

/**
 * Keptn's lighthouse judged by the slo.yaml at the commit of get-sli.finished, the newest one when it names none: an
 * integration may write the file while it measures, as the Dynatrace one does from a dashboard.
 */
async function asAnswered(
  {
    input,
    prepared,
    exchanges,
  }: { input: EvaluationInput; prepared: ReadyEvaluation; exchanges: SliExchanges },
  { status, start, end }: SliAnswerJson,
): Promise<PreparedEvaluation> {
  const { answeredAt } = exchanges;
  const known = answeredAt === undefined || (answeredAt !== '' && answeredAt === input.gitCommitId);
  if (known || status !== 'succeeded' || !patched('slo-of-the-answer')) return prepared;
  const answered = await prepare({ ...input, gitCommitId: answeredAt });
  if (answered.outcome === 'ready') return answered;
  const { finished } = answered;
  const evaluation = isJsonObject(finished.evaluation) ? finished.evaluation : {};
  return {
    ...answered,
    finished: { ...finished, evaluation: { ...evaluation, timeStart: start, timeEnd: end } },
  };
}

function score(
  input: EvaluationInput,
  prepared: ReadyEvaluation,
  { answer, samples, problems }: Measured,
): JsonObject {
  const { project, stage, service } = input;
  const verdict = evaluateGate({
    slo: sloOf(prepared),
    sliResults: answer.values,
    previousResults: prepared.previous as unknown as PreviousEvaluation[],
    getSli: { status: answer.status, result: answer.result, message: answer.message },
    samples,
    project,
    stage,
    service,
  });
  const found = [...(prepared.problems ?? []), ...problems];
  return evaluationData(input, prepared, { answer, samples, problems: found, verdict });
}
