import { type Criterion, type InvalidCriterion, isCriterion, parseCriterion } from '../gate/criterion.ts';
import { requestedResults } from '../gate/history.ts';
import { parseThresholds } from '../gate/score.ts';
import type { CriteriaSet, Objective, Slo } from '../gate/types.ts';
import type { DocumentPath, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import type { ParsedSlo } from './slo.ts';

/** Reports a finding at a path. */
type Report = (path: DocumentPath, severity: Problem['severity'], message: string, hint: string) => void;

/**
 * Findings about a slo.yaml that Keptn accepts: what makes every evaluation end in an error, and what Keptn
 * silently reads differently from what the text seems to say. Only the first 100 are listed.
 */
export function reviewSlo(parsed: ParsedSlo, file = 'slo.yaml'): Problem[] {
  if (parsed.slo === null) return [];
  const problems: Problem[] = [];
  const report: Report = (path, severity, message, hint) => {
    if (problems.length >= MAX_PROBLEMS) return;
    problems.push({ severity, file, ...parsed.locate(path), path: formatPath(path), message, hint });
  };
  reviewTotalScore(parsed.slo, report);
  reviewComparison(parsed.slo, report);
  reviewObjectives(parsed, parsed.slo, report);
  return problems;
}

const MAX_PROBLEMS = 100;

function reviewTotalScore({ totalScore }: Slo, report: Report): void {
  const thresholds = parseThresholds(totalScore);
  if (typeof thresholds === 'string') {
    report(
      ['total_score'],
      'error',
      `every evaluation errors: ${thresholds}`,
      'write total_score: {pass: "90%", warning: "75%"}',
    );
  } else if (thresholds.warning !== undefined && thresholds.warning > thresholds.pass) {
    report(
      ['total_score', 'warning'],
      'warning',
      'the warning threshold is above the pass threshold',
      'lower it',
    );
  }
}

function reviewComparison({ comparison }: Slo, report: Report): void {
  const { compareWith, includeResultWithScore, aggregateFunction } = comparison;
  if (requestedResults(comparison) === undefined) {
    const hint = 'use a number from 1 to 100';
    report(
      ['comparison', 'number_of_comparison_results'],
      'error',
      'every evaluation errors: the number is out of range',
      hint,
    );
  }
  if (!['single_result', 'several_results'].includes(compareWith)) {
    const message = `"${compareWith}" compares with the 3 newest results, whatever number_of_comparison_results says`;
    report(['comparison', 'compare_with'], 'warning', message, 'write single_result or several_results');
  }
  if (!['pass', 'pass_or_warn', 'all'].includes(includeResultWithScore.toLowerCase())) {
    const message = `"${includeResultWithScore}" means all`;
    report(
      ['comparison', 'include_result_with_score'],
      'warning',
      message,
      'write pass, pass_or_warn or all',
    );
  }
  if (!['avg', 'p50', 'p90', 'p95'].includes(aggregateFunction)) {
    const message = `"${aggregateFunction}" is unknown: every relative criterion compares with 0`;
    report(['comparison', 'aggregate_function'], 'warning', message, 'write avg, p50, p90 or p95');
  }
}

function reviewObjectives({ objectivePlaces }: ParsedSlo, slo: Slo, report: Report): void {
  if (slo.objectives.length === 0) {
    report(
      ['objectives'],
      'warning',
      'every evaluation fails: there is no objective',
      'add at least one objective',
    );
  }
  const seen = new Set<string>();
  for (const [index, objective] of slo.objectives.entries()) {
    const path: DocumentPath = ['objectives', objectivePlaces?.[index] ?? index];
    if (objective.sli === '') report(path, 'warning', 'the objective names no SLI', 'add sli: <name>');
    // Without pass criteria the second one only informs: nothing depends on its value.
    else if (seen.has(objective.sli) && isScored(objective)) {
      const message = `"${objective.sli}" has an objective already: this one never gets a value and fails`;
      report([...path, 'sli'], 'warning', message, 'put all criteria into one objective');
    }
    seen.add(objective.sli);
    reviewObjective(objective, path, report);
  }
}

function isScored({ pass, extensions }: Objective): boolean {
  return pass.length > 0 || extensions?.compare !== undefined || extensions?.errorBudget !== undefined;
}

function reviewObjective(objective: Objective, path: DocumentPath, report: Report): void {
  if (objective.weight < 0)
    report([...path, 'weight'], 'warning', 'a negative weight lowers the maximum', 'use 1 or more');
  if (!isScored(objective)) {
    if (objective.keySli)
      report(
        [...path, 'key_sli'],
        'warning',
        'key_sli has no effect without pass criteria',
        'add pass criteria',
      );
    if (objective.warning.length > 0) {
      report([...path, 'warning'], 'warning', 'warning criteria alone never count', 'add pass criteria');
    }
  }
  reviewSets(objective.pass, [...path, 'pass'], report);
  reviewSets(objective.warning, [...path, 'warning'], report);
}

function reviewSets(sets: readonly CriteriaSet[], path: DocumentPath, report: Report): void {
  for (const [index, { criteria }] of sets.entries()) {
    if (criteria.length === 0) {
      const message = 'an empty list of criteria is always met, and does not count when it is the only one';
      report([...path, index], 'warning', message, 'add a criterion');
    }
    for (const [place, text] of criteria.entries()) {
      reviewCriterion(parseCriterion(text), [...path, index, 'criteria', place], report);
    }
  }
}

function reviewCriterion(criterion: Criterion | InvalidCriterion, path: DocumentPath, report: Report): void {
  if (!isCriterion(criterion)) {
    const counts = path.includes('pass') ? 'every evaluation fails' : 'the warning is never met';
    report(
      path,
      path.includes('pass') ? 'error' : 'warning',
      `"${criterion.text}": ${criterion.error}: ${counts}`,
      SYNTAX,
    );
  } else if (!Number.isFinite(criterion.value)) {
    report(
      path,
      'error',
      `"${criterion.text}": an evaluation cannot carry this number`,
      'use a finite number',
    );
  } else if (criterion.relative && !criterion.percentage && !criterion.increase) {
    const message = `"${criterion.text}" is the baseline minus ${criterion.value}, not the number -${criterion.value}`;
    report(path, 'warning', message, 'a negative threshold cannot be written: let the SLI add a constant');
  }
}

const SYNTAX = 'write an operator < <= = >= > and a number, such as <600 or <=+10%';
