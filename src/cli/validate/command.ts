import type { Command } from 'commander';
import type { Validation } from '../../files/validate.ts';
import { EXIT } from '../exit-codes.ts';
import { withExample, withExitCodes, withOutput } from '../options.ts';

interface Options {
  strict?: boolean;
  output: 'table' | 'json';
}

/** `slipway validate` */
export function registerValidate(program: Command): void {
  const command = program
    .command('validate')
    .description(
      'check shipyard, slo, sli, remediation, job, webhook and the other files, alone and together',
    )
    .argument('<path...>', 'files, and directories that are searched for files of a known format')
    .option('--strict', 'end with 1 when there are warnings');
  withOutput(command).action(runCommand);
  withExitCodes(
    command,
    '0  no errors',
    '1  warnings, with --strict',
    '2  errors',
    '3  a path cannot be read',
  );
  withExample(
    command,
    'slipway validate demo/podtato-head',
    'slipway validate --strict shipyard.yaml slo.yaml',
  );
}

async function runCommand(paths: string[], options: Options): Promise<void> {
  const [{ collectFiles }, { validateFiles }] = await Promise.all([
    import('./collect-files.ts'),
    import('../../files/validate.ts'),
  ]);
  const validation = validateFiles(await collectFiles(paths));
  const { formatProblem } = await import('../../files/problem.ts');
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(asJson(validation), null, 2)}\n`);
  else process.stdout.write([...validation.problems.map(formatProblem), summary(validation), ''].join('\n'));
  process.exitCode = exitCode(validation, options.strict === true);
}

function exitCode({ problems }: Validation, strict: boolean): number {
  if (problems.some((problem) => problem.severity === 'error')) return EXIT.fail;
  return strict && problems.length > 0 ? EXIT.warning : EXIT.ok;
}

function summary({ checked, problems }: Validation): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const files = checked.length === 0 ? 'No file of a known format' : plural(checked.length, 'file');
  return `${files}: ${plural(errors, 'error')}, ${plural(problems.length - errors, 'warning')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function asJson({ checked, problems, skipped }: Validation): unknown {
  const files = checked.map(({ file, format, model }) => ({ file, format, usable: model !== undefined }));
  return { files, problems, skipped };
}
