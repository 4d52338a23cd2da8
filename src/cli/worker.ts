import type { Command } from 'commander';
import { withConfig, withExample, withOutput } from './options.ts';
import { prepareRun } from './run-command.ts';

interface Options {
  config?: string;
  output: 'table' | 'json';
  stateDir?: string;
  storeUrl?: string;
  gitDir?: string;
  prometheusUrl?: string;
  logLevel?: string;
}

/** `slipway worker`: carries out workflows and activities of a Temporal cluster. */
export function registerWorker(program: Command): void {
  const command = withConfig(program.command('worker'))
    .description('run a Temporal worker; the connection comes from temporal.toml and TEMPORAL_*')
    .option(
      '--state-dir <dir>',
      'folder for local state (default: SLIPWAY_STATE_DIR or ~/.local/state/slipway)',
    )
    .option('--store-url <url>', 'Postgres of events and evaluations; SLIPWAY_STORE_URL is safer')
    .option('--git-dir <dir>', 'folder of the projects’ Git repositories')
    .option('--prometheus-url <url>', 'Prometheus for projects that name none')
    .option('--log-level <level>', 'level of the JSON log on stderr (default: info)')
    .action(runCommand);
  withExample(
    withOutput(command),
    'TEMPORAL_ADDRESS=temporal:7233 slipway worker --store-url postgres://slipway@db/slipway',
  );
}

async function runCommand(options: Options): Promise<void> {
  const { stateDir, storeUrl, gitDir, prometheusUrl, logLevel } = options;
  const run = await prepareRun(options, { stateDir, storeUrl, gitDir, prometheusUrl, logLevel });
  const { runWorker } = await import('../worker/run-worker.ts');
  const { settings } = run;
  const store = settings.get('storeUrl');
  const git = settings.get('gitDir');
  const prometheus = settings.get('prometheusUrl');
  const { exitCode } = await runWorker({
    ...run,
    stateDir: settings.get('stateDir'),
    ...(store === undefined ? {} : { storeUrl: store }),
    ...(git === undefined ? {} : { gitDir: git }),
    ...(prometheus === undefined ? {} : { prometheusUrl: prometheus }),
  });
  process.exitCode = exitCode;
}
