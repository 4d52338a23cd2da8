import { explainObjective, explainVerdict } from '../../gate/explain.ts';
import { GateInputError } from './errors.ts';
import { type EvaluateOptions, exitCode, judgeFiles } from './evaluate.ts';
import type { GateIo } from './io.ts';
import { verdictJson } from './verdict-json.ts';

/** Options of `gate explain`. */
export interface ExplainOptions extends EvaluateOptions {
  /** SLI or display name of the objective; all objectives without it. */
  readonly objective?: string;
}

/** Runs `gate explain` and gives its exit code, the same as that of `gate evaluate`. */
export async function explainCommand(options: ExplainOptions, io: GateIo): Promise<number> {
  const { verdict, prepared } = await judgeFiles(options);
  const { slo } = prepared.parsed;
  const explained = new Map<string, string[]>();
  for (const [index, { sli, displayName }] of (slo?.objectives ?? []).entries()) {
    if (options.objective !== undefined && ![sli, displayName].includes(options.objective)) continue;
    if (slo !== null) explained.set(String(index), explainObjective(verdict, slo, index));
  }
  if (options.objective !== undefined && explained.size === 0) {
    const known = (slo?.objectives ?? []).map(({ sli }) => sli).join(', ');
    throw new GateInputError(`there is no objective "${options.objective}": give one of ${known || 'none'}`);
  }
  const overall = explainVerdict(verdict, slo);
  if (options.output === 'json') {
    const objectives = [...explained.values()];
    io.stdout.write(
      `${JSON.stringify({ ...verdictJson(verdict, slo), explanation: { overall, objectives } }, null, 2)}\n`,
    );
  } else {
    for (const lines of explained.values()) io.stdout.write(`${lines.join('\n')}\n\n`);
    io.stdout.write(`${overall.join('\n')}\n`);
  }
  return exitCode(verdict, options.failOn ?? 'fail');
}
