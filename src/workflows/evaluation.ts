import { isCancellation, setHandler, sleep } from '@temporalio/workflow';
import type { SampleAnswer, SampleFetch, SliAnswerJson, SliFetch } from '../contracts/activities.ts';
import { type KeptnEvent, taskEventType } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import { taskEventSignal } from '../contracts/messages.ts';
import type { EvaluationInput } from '../contracts/workflows.ts';
import { evaluateGate } from '../gate/evaluate.ts';
import { metricsToRetry } from '../gate/extensions.ts';
import type { PreviousEvaluation, Slo } from '../gate/types.ts';
import { evaluationSteps, records } from './activity-proxies.ts';
import { erroredEvaluation, evaluationData, type ReadyEvaluation, sloOf } from './evaluation-data.ts';
import { eventMaker } from './events.ts';
import { plainMessage } from './failures.ts';
import { ifReadable, isTaskEvent } from './readable.ts';
import { combineAnswers, unanswered, withLaterValues } from './sli-answers.ts';
import { GATE_SOURCE, SliExchanges } from './sli-exchanges.ts';

/** Seconds before the first new try for a missing value; each pause is twice as long as the one before. */
const FIRST_PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 30;

/** Fetches the SLIs of all providers side by side, lets the gate judge them, and stores the verdict. */
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
    const steps = evaluationSteps('read slo.yaml and earlier evaluations');
    const prepared = await steps.prepareEvaluation(input);
    if (prepared.outcome === 'finished') return prepared.finished;
    return await score(input, prepared, exchanges);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return erroredEvaluation(input, plainMessage(error));
  }
}

async function score(
  input: EvaluationInput,
  prepared: ReadyEvaluation,
  exchanges: SliExchanges,
): Promise<JsonObject> {
  const slo = sloOf(prepared);
  const [answers, comparisons] = await Promise.all([
    Promise.all(prepared.fetches.map((fetch) => measure(fetch, slo, exchanges))),
    Promise.all((prepared.comparisons ?? []).map(fetchSamples)),
  ]);
  const answer = combineAnswers([...answers, ...comparisons.flatMap(({ failure }) => failure ?? [])]);
  const samples = Object.fromEntries(comparisons.flatMap((comparison) => Object.entries(comparison.samples)));
  const { project, stage, service } = input;
  const verdict = evaluateGate({
    slo,
    sliResults: answer.values,
    previousResults: prepared.previous as unknown as PreviousEvaluation[],
    getSli: { status: answer.status, result: answer.result, message: answer.message },
    samples,
    project,
    stage,
    service,
  });
  const problems = [
    ...(prepared.problems ?? []),
    ...comparisons.flatMap((comparison) => comparison.problems),
  ];
  return evaluationData(input, prepared, { answer, samples, problems, verdict });
}

/** Asks again for what `x-no-data` wants retried, until its time is over; a provider that failed is not asked again. */
async function measure(fetch: SliFetch, slo: Slo | null, exchanges: SliExchanges): Promise<SliAnswerJson> {
  let answer = await exchanges.ask(fetch);
  const began = Date.now();
  for (let pause = FIRST_PAUSE_SECONDS; slo !== null && answer.status === 'succeeded'; pause *= 2) {
    const elapsed = (Date.now() - began) / 1000;
    const awaited = metricsToRetry(slo, answer.values).filter(
      ({ metric, retrySeconds }) => retrySeconds > elapsed && fetch.indicators.includes(metric),
    );
    if (awaited.length === 0) break;
    const left = Math.max(...awaited.map(({ retrySeconds }) => retrySeconds)) - elapsed;
    const indicators = awaited.map(({ metric }) => metric);
    const seconds = Math.min(pause, LONGEST_PAUSE_SECONDS, left);
    await sleep(seconds * 1000, { summary: `x-no-data: wait for ${indicators.join(', ')}` });
    answer = withLaterValues(answer, await exchanges.ask({ ...fetch, indicators }));
  }
  return answer;
}

/** A failure is a provider that failed for good: the gate does not pass without its samples. */
async function fetchSamples(fetch: SampleFetch): Promise<SampleAnswer & { failure?: SliAnswerJson }> {
  try {
    const summary = `samples of canary and primary for ${fetch.indicators.join(', ')}`;
    return await evaluationSteps(summary).fetchSamples(fetch);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { samples: {}, problems: [], failure: unanswered(fetch, plainMessage(error)) };
  }
}
