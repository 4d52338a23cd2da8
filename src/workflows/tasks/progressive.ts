import { isCancellation, sleep } from '@temporalio/workflow';
import type { Json, JsonObject } from '../../contracts/json.ts';
import { formatDuration } from '../../sequence/duration.ts';
import { readSteps, type TrafficStep } from '../../sequence/traffic-steps.ts';
import { plainMessage } from '../failures.ts';
import { backToPrimary, shift } from './sides.ts';
import { analyseStep } from './step-analysis.ts';
import type { BuiltinResult, BuiltinTask } from './task.ts';

/** How users came to the canary; `stopped` is the task's answer when the gate has put everything back. */
export interface Moved {
  result: 'pass' | 'warning';
  /** What happened at each step, in words. */
  steps: string;
  stopped?: BuiltinResult;
}

/** The steps of `x-steps`. Throws with what is wrong with them. */
export function stepsOf(value: Json): TrafficStep[] {
  const { steps, problems } = readSteps(value);
  if (problems.length === 0) return steps;
  const wrong = problems.map(({ path, message }) => [...path, message].join(' ')).join('; ');
  throw new Error(`x-steps cannot be used: ${wrong}; correct the task's properties in shipyard.yaml`);
}

/**
 * Gives the canary the users step by step up to 100 %, judging the steps that ask for it. When the gate says fail, cannot
 * judge, or a step itself cannot be carried out, the users are back on the primary and the canary is gone.
 */
export async function moveByStep(
  task: BuiltinTask,
  steps: readonly TrafficStep[],
  deployment: JsonObject,
): Promise<Moved> {
  const moved: Moved = { result: 'pass', steps: '' };
  const told: string[] = [];
  try {
    for (const step of steps) {
      const failure = await carryOut(task, step, { deployment, told, moved });
      if (failure === undefined) continue;
      task.show(`${told.join(', ')}: putting the users back to the primary`);
      await putBack(task);
      return { ...moved, steps: told.join(', '), stopped: failure };
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    await putBack(task);
    throw new Error(`${plainMessage(error)}; the users are back on the primary, the canary is gone`);
  }
  return { ...moved, steps: told.join(', ') };
}

interface SoFar {
  deployment: JsonObject;
  told: string[];
  moved: Moved;
}

async function carryOut(
  task: BuiltinTask,
  { weight, pauseMs, analysis }: TrafficStep,
  { deployment, told, moved }: SoFar,
): Promise<BuiltinResult | undefined> {
  const show = (what: string) => task.show([...told, `${weight} %: ${what}`].join(', '));
  show('shifting');
  await shift(task, 100 - weight, weight);
  const start = new Date().toISOString();
  if (pauseMs > 0) {
    show(`since ${start} for ${formatDuration(pauseMs)}`);
    await sleep(pauseMs, { summary: `canary with ${weight} % of the users` });
  }
  if (!analysis) {
    told.push(`${weight} %`);
    return undefined;
  }
  show('evaluation');
  const verdict = await analyseStep(task, { weight, start, end: new Date().toISOString(), deployment });
  told.push(`${weight} % ${verdict.errored ? 'errored' : verdict.text}`);
  if (verdict.result === 'warning') moved.result = 'warning';
  if (verdict.result !== 'fail') return undefined;
  const message = `the canary was stopped at ${weight} % of the users: evaluation ${verdict.text}; all users are on the primary again`;
  return { status: verdict.errored ? 'errored' : 'succeeded', result: 'fail', message, data: {} };
}

async function putBack(task: BuiltinTask): Promise<void> {
  await backToPrimary(task);
  task.compensations.clear();
}
