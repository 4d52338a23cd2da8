import { type CompiledSlo, compileSlo } from './compile.ts';
import { evaluateExtended } from './extended-objective.ts';
import { findNonFinite } from './finite.ts';
import { History, requestedResults, selectPrevious } from './history.ts';
import { evaluateObjective } from './objective.ts';
import { calculateScore, type KeyFailure, parseThresholds, type ScoreInput } from './score.ts';
import { leftoverMessage, SliPool } from './sli-pool.ts';
import type { CanarySamples } from './statistics/canary.ts';
import type {
  Evaluation,
  GetSliOutcome,
  IndicatorResult,
  PreviousEvaluation,
  SliResult,
  Slo,
  SloProblem,
  Verdict,
} from './types.ts';

/** Everything that one evaluation depends on. */
export interface GateInput {
  /** Null when there is no slo.yaml, or when it cannot be used and `sloProblem` says why. */
  readonly slo: Slo | CompiledSlo | null;
  readonly sloProblem?: SloProblem;
  /** Values in the order in which the provider gave them. */
  readonly sliResults: readonly SliResult[];
  /** Earlier evaluations of the same project, stage and service, newest first. */
  readonly previousResults: readonly PreviousEvaluation[];
  readonly getSli?: GetSliOutcome;
  /** Samples of canary and primary by metric, for objectives with `x-compare`. */
  readonly samples?: Readonly<Record<string, CanarySamples>>;
  readonly project: string;
  readonly stage: string;
  readonly service: string;
}

/**
 * Judges one run exactly as Keptn 1.4.5's lighthouse did: selection of history, objectives, score, status,
 * result and message. Pure and synchronous; time grows linearly with objectives and history values.
 */
export function evaluateGate(input: GateInput): Verdict {
  const refused = providerVerdict(input.getSli ?? {});
  if (refused !== undefined) return refused;
  if (input.slo === null) return withoutSlo(input);
  const compiled = 'slo' in input.slo ? input.slo : compileSlo(input.slo);
  const thresholds = parseThresholds(compiled.slo.totalScore);
  if (typeof thresholds === 'string') return errored(thresholds);
  const { comparison } = compiled.slo;
  const count = requestedResults(comparison);
  if (count === undefined) return errored('could not retrieve previous evaluation.finished events');
  const selected = selectPrevious(input.previousResults, comparison, count);
  const judged = judgeObjectives(compiled, input, new History(selected, comparison.aggregateFunction));
  const comparedEvents = selected.map((evaluation) => evaluation.id);
  if ('error' in judged) {
    const evaluation: Evaluation = { result: 'fail', score: 0, comparedEvents, indicatorResults: null };
    return { status: 'succeeded', result: 'fail', message: judged.error, evaluation };
  }
  if (nothingJudged(compiled.slo, judged)) return withoutJudgement(judged.indicators, comparedEvents);
  const { score, result, message } = calculateScore(judged, thresholds);
  const indicatorResults = compiled.objectives.length === 0 ? null : judged.indicators;
  const evaluation: Evaluation = { result, score, comparedEvents, indicatorResults };
  const nonFinite = findNonFinite(evaluation);
  if (nonFinite !== undefined) return errored(nonFinite);
  return override({ status: 'succeeded', result, message: message ?? judged.message, evaluation }, input);
}

/** Verdict when the provider could not do its work, or undefined when it could. */
function providerVerdict({ status, message }: GetSliOutcome): Verdict | undefined {
  const evaluation: Evaluation = { result: 'pass', score: 0, comparedEvents: [], indicatorResults: null };
  if (status === 'aborted') {
    return {
      status: 'errored',
      result: 'fail',
      message: 'evaluation performed by lighthouse was aborted',
      evaluation,
    };
  }
  if (status !== 'errored') return undefined;
  const text = `evaluation performed by lighthouse received an unexpected error: ${message ?? ''}`;
  return { status: 'errored', result: 'fail', message: text, evaluation };
}

function withoutSlo({ sloProblem, project, stage, service }: GateInput): Verdict {
  if (sloProblem?.kind === 'unparsable') {
    return errored(`Could not parse SLO file for service ${service} in stage ${stage} in project ${project}`);
  }
  if (sloProblem !== undefined) return errored(sloProblem.message);
  return {
    status: 'succeeded',
    result: 'pass',
    message: `no evaluation performed by lighthouse because no SLO file configured for project ${project}`,
    evaluation: { result: 'pass', score: 0, comparedEvents: [], indicatorResults: null },
  };
}

function withoutJudgement(indicatorResults: readonly IndicatorResult[], comparedEvents: string[]): Verdict {
  const evaluation: Evaluation = { result: 'fail', score: 0, comparedEvents, indicatorResults };
  const message = 'no objective had a value, so nothing was judged: check the SLI provider and its queries';
  return { status: 'succeeded', result: 'fail', message, evaluation };
}

function errored(message: string): Verdict {
  const evaluation: Evaluation = { result: 'fail', score: 0, comparedEvents: [], indicatorResults: null };
  return { status: 'errored', result: 'fail', message, evaluation };
}

type JudgedObjectives = ScoreInput & { readonly message: string };

function judgeObjectives(
  compiled: CompiledSlo,
  { sliResults, samples = {} }: GateInput,
  history: History,
): JudgedObjectives | { readonly error: string } {
  // Without objectives Keptn scores 0 of 100 and does not look at the values.
  if (compiled.objectives.length === 0) {
    return { indicators: [], maximum: 100, keyFailure: undefined, message: '' };
  }
  const pool = new SliPool(sliResults);
  const indicators: IndicatorResult[] = [];
  let maximum = 0;
  let keyFailure: KeyFailure | undefined;
  for (const compiledObjective of compiled.objectives) {
    const { objective } = compiledObjective;
    const { sli, displayName, extensions } = objective;
    const evidence = {
      received: pool.take(sli),
      baseline: history.baseline(sli),
      samples: ownValue(samples, sli),
    };
    const outcome =
      extensions === undefined
        ? evaluateObjective(compiledObjective, evidence.received, evidence.baseline)
        : evaluateExtended(compiledObjective, extensions, evidence);
    if ('error' in outcome) return { error: `error with ${displayName || sli}: ${outcome.error}` };
    if (outcome.counted) maximum += objective.weight;
    if (outcome.failure !== undefined && objective.keySli) {
      keyFailure = { name: displayName, message: outcome.failure };
    }
    indicators.push(outcome.indicator);
  }
  return { indicators, maximum, keyFailure, message: leftoverMessage(pool.rest()) };
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** True when the no-data policy took every objective that would count out of the score. */
function nothingJudged(slo: Slo, { indicators, maximum }: JudgedObjectives): boolean {
  if (maximum !== 0) return false;
  return slo.objectives.some(({ extensions }, index) => {
    const indicator = indicators[index];
    return (
      extensions?.noData?.policy === 'ignore' &&
      indicator?.status === 'info' &&
      indicator.value?.success === false
    );
  });
}

/** Outer result and message that Keptn sets after scoring; the evaluation's own result stays. */
function override(verdict: Verdict, { slo, getSli }: GateInput): Verdict {
  const objectives = slo === null ? [] : slo.objectives;
  if (objectives.length === 0) {
    return { ...verdict, result: 'fail', message: 'lighthouse failed because no SLO objective was provided' };
  }
  if (getSli?.result !== 'fail') return verdict;
  const message = `lighthouse failed because SLI failed with message ${getSli.message ?? ''}`;
  return { ...verdict, result: 'fail', message };
}
