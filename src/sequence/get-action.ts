import { fieldInAnyCase, type Json, type JsonObject } from './json.ts';
import type { CompletedTask } from './types.ts';

/** One action of a remediation file. */
export interface RemediationAction {
  name: string;
  action: string;
  description?: string;
  value?: Json;
}

/** The actions for one type of problem, in the order in which they are tried; absent when the file has no list of them. */
export interface Remediation {
  problemType: string;
  actionsOnOpen?: RemediationAction[];
}

/** The action to carry out and the index to ask for next, or why there is none. */
export type ActionChoice =
  | { found: true; action: RemediationAction; nextIndex: number; problemType: string }
  | { found: false; message: string };

/**
 * Chooses the action that `data` of a `get-action.triggered` event asks for.
 *
 * Keptn 1.4.5: the first entry whose problemType equals the root cause, else the problem title, else `default`; an
 * entry without a list of actions is passed over for the next of these, and one without a problemType stands for a
 * problem without root cause or title. The index comes from `get-action.actionIndex` (0 when absent). `problemTitle`
 * and `ProblemTitle` are both read, because Keptn's JSON field names matched in either case.
 */
export function chooseAction(remediations: readonly Remediation[], data: JsonObject): ActionChoice {
  const problem = fieldInAnyCase(data, 'problem');
  const rootCause = textField(problem, 'rootCause');
  const title = textField(problem, 'problemTitle');
  const index = actionIndexOf(data) ?? 0;
  const entry = [rootCause, title, 'default']
    .map((type) => remediations.find(({ problemType }) => problemType === type))
    .find((found) => found?.actionsOnOpen !== undefined);
  if (entry?.actionsOnOpen === undefined) {
    return { found: false, message: `unable to find action for ${describe(rootCause, title)}` };
  }
  const action = entry.actionsOnOpen[index];
  if (action === undefined) {
    return {
      found: false,
      message: `there is no action with index ${index} for ${describe(rootCause, title)}`,
    };
  }
  return { found: true, action, nextIndex: index + 1, problemType: entry.problemType };
}

/** `data` of the `get-action.finished` event: always succeeded, fail when there is no (further) action. */
export function getActionFinished(choice: ActionChoice): JsonObject {
  if (!choice.found) return { status: 'succeeded', result: 'fail', message: choice.message };
  const { name, action, description, value } = choice.action;
  return {
    status: 'succeeded',
    result: 'pass',
    // Keptn 1.4.5 leaves an empty description and a missing value out.
    action: {
      name,
      action,
      ...(description ? { description } : {}),
      ...(value === undefined || value === null ? {} : { value }),
    },
    'get-action': { actionIndex: choice.nextIndex },
  };
}

/** The index that the last completed get-action answered, or undefined when none did. */
export function latestActionIndex(completed: readonly CompletedTask[]): number | undefined {
  for (const task of completed.toReversed()) {
    if (task.name === 'get-action' && task.properties !== null) return actionIndexOf(task.properties);
  }
  return undefined;
}

function actionIndexOf(data: JsonObject): number | undefined {
  const index = fieldInAnyCase(fieldInAnyCase(data, 'get-action'), 'actionIndex');
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : undefined;
}

function textField(value: Json | undefined, key: string): string {
  const text = fieldInAnyCase(value, key);
  return typeof text === 'string' ? text : '';
}

function describe(rootCause: string, title: string): string {
  if (rootCause !== '') return `root cause ${rootCause}`;
  return title === '' ? 'problem type default' : `problem title ${title}`;
}
