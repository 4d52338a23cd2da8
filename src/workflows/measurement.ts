import { isCancellation, sleep } from '@temporalio/workflow';
import type { SampleAnswer, SampleFetch, SliAnswerJson, SliFetch } from '../contracts/activities.ts';
import { metricsToRetry } from '../gate/extensions.ts';
import type { Slo } from '../gate/types.ts';
import { evaluationSteps } from './activity-proxies.ts';
import { type ReadyEvaluation, sloOf } from './evaluation-data.ts';
import { plainMessage } from './failures.ts';
import { combineAnswers, unanswered, withLaterValues } from './sli-answers.ts';
import type { SliExchanges } from './sli-exchanges.ts';

/** Seconds before the first new try for a missing value; each pause is twice as long as the one before. */
const FIRST_PAUSE_SECONDS = 5;
const LONGEST_PAUSE_SECONDS = 30;

/** What the providers gave. */
export interface Measured {
  answer: SliAnswerJson;
  samples: SampleAnswer['samples'];
  problems: string[];
}

/** Asks all providers side by side, and for the samples that `x-compare` wants. */
export async function measureAll(prepared: ReadyEvaluation, exchanges: SliExchanges): Promise<Measured> {
  const slo = sloOf(prepared);
  const [answers, comparisons] = await Promise.all([
    Promise.all(prepared.fetches.map((fetch) => measure(fetch, slo, exchanges))),
    Promise.all((prepared.comparisons ?? []).map(fetchSamples)),
  ]);
  return {
    answer: combineAnswers([...answers, ...comparisons.flatMap(({ failure }) => failure ?? [])]),
    samples: Object.fromEntries(comparisons.flatMap((comparison) => Object.entries(comparison.samples))),
    problems: comparisons.flatMap((comparison) => comparison.problems),
  };
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
