import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { type ApiOptions, readNames, withApi, withExample, withExitCodes } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import type { Finding } from './check.ts';

interface Options extends ApiOptions {
  stateDir?: string;
  cluster?: boolean;
  kubeconfig?: string;
  namespaces?: string[];
}

/** `slipway doctor` */
export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check this machine, the programs that Slipway uses, Temporal and the API')
    .option('--state-dir <dir>', 'state directory of the `slipway dev` to look for')
    .option('--cluster', 'check a Kubernetes cluster instead: helm, rights, definitions, gateway, namespaces')
    .option(
      '--kubeconfig <file>',
      'with --cluster: default as kubectl finds it, or the service account of the pod',
    )
    .option(
      '--namespaces <a,b,…>',
      'with --cluster: <project>-<stage> each (default: those of all projects of the API)',
      readNames,
    );
  withApi(command).action(runCommand);
  withExitCodes(
    command,
    '0  all is well',
    '1  warnings',
    '2  something is broken',
    '3  the configuration cannot be read',
  );
  withExample(
    command,
    'slipway doctor',
    'TEMPORAL_ADDRESS=temporal:7233 slipway doctor -o json',
    'SLIPWAY_TRAFFIC=gateway-api SLIPWAY_GATEWAY=infra/public slipway doctor --cluster --namespaces shop-dev,shop-production',
  );
}

async function runCommand(options: Options): Promise<void> {
  const findings = await (options.cluster ? runClusterChecks(options) : runChecks(options));
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

/** Without --namespaces the API tells which projects and stages there are. */
async function runClusterChecks(options: Options): Promise<Finding[]> {
  const [{ checkCluster }, { namespacesOfProjects }] = await Promise.all([
    import('./cluster.ts'),
    import('./project-namespaces.ts'),
  ]);
  const { kubeconfig, namespaces } = options;
  const found = namespaces === undefined ? await namespacesOfProjects(options) : { namespaces, findings: [] };
  const checked = await checkCluster({ kubeconfig, namespaces: found.namespaces, env: process.env });
  return [...found.findings, ...checked];
}

async function runChecks(options: Options): Promise<Finding[]> {
  if (options.kubeconfig !== undefined || options.namespaces !== undefined) {
    throw new UsageError('--kubeconfig and --namespaces go with --cluster', 'add --cluster');
  }
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
