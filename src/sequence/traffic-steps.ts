import { isJsonObject, type Json } from './json.ts';
import { notADuration, readDuration } from './property-duration.ts';

/** One step of a progressive rollout. */
export interface TrafficStep {
  /** Percent of the users that the canary serves during the step. */
  weight: number;
  /** Milliseconds that the step lasts. */
  pauseMs: number;
  /** The gate judges the step's time before the next one begins. */
  analysis: boolean;
}

/** What is wrong with a property; `path` leads from the property to the value. */
export interface PropertyProblem {
  path: readonly (string | number)[];
  message: string;
  /** Default `error`. */
  severity?: 'warning';
}

/** Label of the evaluation of a step, with its weight: steps are compared with earlier steps of the same weight. */
export const STEP_LABEL = 'canary-step';

/** More steps than this are a mistake, and would make the run's history large. */
const MAX_STEPS = 50;

/**
 * Reads `x-steps`, a list of `{weight, pause, analysis}`: whole percents that rise, a Go duration, and true or the word
 * `evaluation` for a judgement by slo.yaml. When the last weight is below 100, a step to 100 follows it.
 */
export function readSteps(value: Json | undefined): { steps: TrafficStep[]; problems: PropertyProblem[] } {
  if (!Array.isArray(value) || value.length === 0) {
    return {
      steps: [],
      problems: [{ path: [], message: 'x-steps must be a list of {weight, pause, analysis}' }],
    };
  }
  if (value.length > MAX_STEPS) {
    return { steps: [], problems: [{ path: [], message: `x-steps has more than ${MAX_STEPS} steps` }] };
  }
  const problems: PropertyProblem[] = [];
  const steps: TrafficStep[] = [];
  for (const [index, entry] of value.entries()) {
    const read = readStep(entry, steps.at(-1)?.weight ?? 0);
    problems.push(...read.problems.map(({ path, message }) => ({ path: [index, ...path], message })));
    if (read.step !== undefined) steps.push(read.step);
  }
  if (problems.length === 0 && (steps.at(-1)?.weight ?? 0) < 100) {
    steps.push({ weight: 100, pauseMs: 0, analysis: false });
  }
  return { steps, problems };
}

function readStep(entry: Json, before: number): { step?: TrafficStep; problems: PropertyProblem[] } {
  if (!isJsonObject(entry)) {
    return { problems: [{ path: [], message: 'a step is a mapping with the keys weight, pause, analysis' }] };
  }
  const problems: PropertyProblem[] = Object.keys(entry)
    .filter((key) => !['weight', 'pause', 'analysis'].includes(key))
    .map((key) => ({ path: [key], message: `unknown key "${key}": a step has weight, pause and analysis` }));
  const weight = entry.weight;
  if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 1 || weight > 100) {
    problems.push({ path: ['weight'], message: 'weight must be a whole number of percent from 1 to 100' });
  } else if (weight <= before) {
    problems.push({ path: ['weight'], message: `weight ${weight} must be above ${before}, the step before` });
  }
  const pauseMs = entry.pause === undefined ? 0 : readDuration(entry.pause);
  if (pauseMs === undefined) problems.push({ path: ['pause'], message: notADuration('pause') });
  const { analysis = false } = entry;
  if (typeof analysis !== 'boolean' && analysis !== 'evaluation') {
    problems.push({ path: ['analysis'], message: 'analysis must be true, false or evaluation' });
  } else if (analysis !== false && pauseMs === 0) {
    problems.push({
      path: ['analysis'],
      message: 'analysis needs a pause: its window is the time of the step',
    });
  }
  if (problems.length > 0 || typeof weight !== 'number') return { problems };
  return { step: { weight, pauseMs: pauseMs ?? 0, analysis: analysis !== false }, problems };
}
