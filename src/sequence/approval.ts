import { isJsonObject, type JsonObject, textAt } from './json.ts';
import type { Result } from './types.ts';

/** What an approval task does by itself: answer at once, or wait for a person. `message` is that of its started event. */
export type ApprovalDecision =
  | { kind: 'automatic'; result: Result; message: string }
  | { kind: 'manual'; inputResult: string; message: string };

/**
 * Decides what the `data` of an `approval.triggered` event asks for.
 *
 * Keptn 1.4.5 approval-service: the input is `result`, or `evaluation.result` when that is empty. A fail is
 * declined at once; pass and warning follow `approval.pass` and `approval.warning`, where anything other than
 * `automatic` is manual; without any input a person decides. An automatic approval always answers pass.
 */
export function decideApproval(data: JsonObject): ApprovalDecision {
  const input = inputResult(data);
  const properties = isJsonObject(data.approval) ? data.approval : {};
  const strategy = strategyFor(input, properties);
  const message = `Approval strategy for result '${input}': ${strategy}`;
  if (input === 'fail') return { kind: 'automatic', result: 'fail', message };
  if (strategy === 'automatic') return { kind: 'automatic', result: 'pass', message };
  return { kind: 'manual', inputResult: input, message };
}

/** As written for pass and warning, manual when nothing is written; a fail is declined by itself. */
function strategyFor(input: string, properties: JsonObject): string {
  if (input === 'fail') return 'automatic';
  const written = input === 'pass' || input === 'warning' ? textAt(properties, input) : '';
  return written === '' ? 'manual' : written;
}

function inputResult(data: JsonObject): string {
  const result = textAt(data, 'result');
  if (result !== '') return result;
  return isJsonObject(data.evaluation) ? textAt(data.evaluation, 'result') : '';
}
