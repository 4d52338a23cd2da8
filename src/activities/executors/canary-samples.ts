import type { SampleAnswer, SampleFetch } from '../../contracts/activities.ts';
import type { CanarySamples } from '../../gate/statistics/canary.ts';
import type { EffectContext } from '../platform/platform.ts';
import type { RangeAnswer } from '../sli/prometheus.ts';
import type { SliProvider, SliRequest } from '../sli/sli-provider.ts';

/** A provider that can tell how a value went over the window. */
export type RangeProvider = SliProvider & {
  fetchRange(request: SliRequest, stepSeconds: number, context: EffectContext): Promise<RangeAnswer[]>;
};

/** True for a provider that has series, which a comparison of canary and primary needs. */
export function hasRanges(provider: SliProvider): provider is RangeProvider {
  return 'fetchRange' in provider && typeof provider.fetchRange === 'function';
}

/**
 * The samples of canary and primary over the same window: the same queries with the deployment `canary` and `primary`.
 * An SLI without samples on a side, or whose query does not tell the sides apart, is left out and a problem says why,
 * so that its comparison is inconclusive instead of comparing a side with itself.
 */
export async function canarySamples(
  provider: RangeProvider,
  { request, stepSeconds }: { request: SliRequest; stepSeconds: number },
  context: EffectContext,
): Promise<SampleAnswer> {
  // A label `deployment` would win over the deployment of the query, and both sides would be one.
  const { deployment: _label, ...labels } = request.labels;
  const [canary, primary] = await Promise.all([
    provider.fetchRange({ ...request, labels, deployment: 'canary' }, stepSeconds, context),
    provider.fetchRange({ ...request, labels, deployment: 'primary' }, stepSeconds, context),
  ]);
  const answer: SampleAnswer = { samples: {}, problems: [] };
  for (const metric of request.indicators) {
    const sides = { canary: seriesOf(canary, metric), primary: seriesOf(primary, metric) };
    const problem = problemOf(sides);
    if (problem === undefined) define(answer.samples, metric, samplesOf(sides));
    else answer.problems.push(`x-compare of ${metric}: ${problem}`);
  }
  return answer;
}

/** What a comparison gets from a provider that has no series. */
export function withoutSamples({ provider, indicators }: SampleFetch): SampleAnswer {
  const problem = `the SLI provider ${provider} gives no samples over time, which a comparison needs`;
  return { samples: {}, problems: indicators.map((metric) => `x-compare of ${metric}: ${problem}`) };
}

interface Sides {
  canary: RangeAnswer | undefined;
  primary: RangeAnswer | undefined;
}

function seriesOf(answers: readonly RangeAnswer[], metric: string): RangeAnswer | undefined {
  return answers.find((answer) => answer.metric === metric);
}

function problemOf({ canary, primary }: Sides): string | undefined {
  for (const [side, answer] of Object.entries({ canary, primary })) {
    if (answer?.success !== true) return `${side}: ${answer?.message ?? 'no answer'}`;
  }
  if (canary?.query !== primary?.query) return undefined;
  return 'its query asks for both sides alike; write $DEPLOYMENT where canary and primary differ';
}

function samplesOf({ canary, primary }: Sides): CanarySamples {
  return { canary: timedValues(canary), primary: timedValues(primary) };
}

function timedValues(answer: RangeAnswer | undefined): CanarySamples['canary'] {
  const { times = [], values = [] } = answer ?? {};
  return { values: values.map((value, index) => ({ time: times[index] ?? 0, value })) };
}

/** SLI names come from files: `__proto__` is a name like any other. */
function define<T>(record: { [key: string]: T }, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}
