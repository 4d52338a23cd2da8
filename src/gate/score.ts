import { parseGoFloat } from './go-float.ts';
import { formatGoFloat } from './number-format.ts';
import type { GateResult, IndicatorResult, Slo } from './types.ts';

/** Parsed `total_score`; no warning band when `warning` is undefined. */
export interface Thresholds {
  readonly pass: number;
  readonly warning: number | undefined;
}

/** Parses the thresholds of a slo.yaml, or gives Keptn's reason why it cannot be evaluated. */
export function parseThresholds(totalScore: Slo['totalScore']): Thresholds | string {
  if (totalScore.pass === '') return 'no target score defined';
  const pass = parsePercentage(totalScore.pass);
  if (pass === undefined) return 'could not parse pass target percentage';
  if (totalScore.warning === '') return { pass, warning: undefined };
  const warning = parsePercentage(totalScore.warning);
  return warning === undefined ? 'could not parse warning target percentage' : { pass, warning };
}

function parsePercentage(text: string): number | undefined {
  return parseGoFloat(text.endsWith('%') ? text.slice(0, -1) : text);
}

/** The last key objective that failed, by its display name. */
export interface KeyFailure {
  readonly name: string;
  readonly message: string;
}

/** What the score is made of. */
export interface ScoreInput {
  readonly indicators: readonly IndicatorResult[];
  /** Sum of the weights of all objectives with pass criteria. */
  readonly maximum: number;
  readonly keyFailure: KeyFailure | undefined;
}

/** The score with the result that it leads to. */
export interface ScoreOutcome {
  readonly score: number;
  readonly result: GateResult;
  /** Undefined when the gate passes. */
  readonly message: string | undefined;
}

/** Percentage of the maximum and what the thresholds make of it (Keptn 1.4.5, not rounded). */
export function calculateScore(input: ScoreInput, thresholds: Thresholds): ScoreOutcome {
  if (input.maximum === 0) return { score: 100, result: 'pass', message: undefined };
  let total = 0;
  for (const indicator of input.indicators) {
    if (indicator.passTargets !== null && indicator.passTargets.length > 0) total += indicator.score;
  }
  const score = 100 * (total / input.maximum);
  return { score, ...judge(score, thresholds, input.keyFailure) };
}

function judge(
  score: number,
  { pass, warning }: Thresholds,
  keyFailure: KeyFailure | undefined,
): Pick<ScoreOutcome, 'result' | 'message'> {
  if (keyFailure !== undefined) {
    const message = `Evaluation failed due to key_sli objective '${keyFailure.name}': ${keyFailure.message}`;
    return { result: 'fail', message };
  }
  if (score >= pass) return { result: 'pass', message: undefined };
  const calculated = `the calculated score of ${formatGoFloat(score)} is`;
  if (warning === undefined) {
    return {
      result: 'fail',
      message: `Evaluation failed since ${calculated} below the target value of ${formatGoFloat(pass)}`,
    };
  }
  if (score >= warning) {
    const message = `Evaluation returned a warning: ${calculated} close to the warning target value of ${formatGoFloat(warning)}`;
    return { result: 'warning', message };
  }
  return {
    result: 'fail',
    message: `Evaluation failed since ${calculated} below the warning value of ${formatGoFloat(warning)}`,
  };
}
