import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { type ApiOptions, withApi, withExample, withExitCodes } from '../options.ts';
import type { Finding } from './check.ts';

/** `slipway doctor` */
export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check this machine, the programs that Slipway uses, Temporal and the API')
    .option('--state-dir <dir>', 'state directory of the `slipway dev` to look for');
  withApi(command).action(runCommand);
  withExitCodes(
    command,
    '0  all is well',
    '1  warnings',
    '2  something is broken',
    '3  the configuration cannot be read',
  );
  withExample(command, 'slipway doctor', 'TEMPORAL_ADDRESS=temporal:7233 slipway doctor -o json');
}

async function runCommand(options: ApiOptions & { stateDir?: string }): Promise<void> {
  const findings = await runChecks(options);
  const { paint, printResult } = await import('../output/print.ts');
  const colours = { ok: 'green', warning: 'yellow', error: 'red' } as const;
  printResult(options.output, findings, () => ({
    head: ['check', 'status', 'detail'],
    rows: findings.map(({ check, status, detail }) => [check, paint(colours[status], status), detail]),
    empty: '',
  }));
  const hints = findings.filter((finding) => finding.hint !== undefined);
  if (options.output === 'table' && hints.length > 0) {
    process.stdout.write(`\n${hints.map(({ check, hint }) => `${check}: ${hint}`).join('\n')}\n`);
  }
  process.exitCode = exitCode(findings);
}

async function runChecks(options: ApiOptions & { stateDir?: string }): Promise<Finding[]> {
  const [{ loadSettings }, { checkMachine }, { checkPrograms }, { checkTemporal }, { checkApi }] =
    await Promise.all([
      import('../../config/load.ts'),
      import('./machine.ts'),
      import('./programs.ts'),
      import('./temporal.ts'),
      import('./api.ts'),
    ]);
  const { endpoint, token, stateDir, config } = options;
  const settings = await loadSettings({ flags: { endpoint, token, stateDir }, configFile: config });
  const [machine, programs, temporal, api] = await Promise.all([
    checkMachine(),
    checkPrograms(),
    checkTemporal(settings),
    checkApi(settings),
  ]);
  return [...machine, ...programs, ...temporal, api];
}

function exitCode(findings: readonly Finding[]): number {
  if (findings.some(({ status }) => status === 'error')) return EXIT.fail;
  return findings.some(({ status }) => status === 'warning') ? EXIT.warning : EXIT.ok;
}
