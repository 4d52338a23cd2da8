import { type Command, Option } from 'commander';
import type { DevOptions } from '../config/run-options.ts';
import { readPortOption, withConfig, withExample, withOutput } from './options.ts';
import { prepareRun } from './run-command.ts';

interface Options {
  config?: string;
  output: 'table' | 'json';
  stateDir?: string;
  logLevel?: string;
  port?: number;
  temporalPort?: number;
  uiPort?: number;
  prometheusPort?: number;
  inMemory?: boolean;
}

/** `slipway dev`: the embedded platform, until Ctrl-C. */
export function registerDev(program: Command): void {
  const command = withConfig(program.command('dev'))
    .description(
      'start the whole platform on this machine: Temporal, Prometheus, worker, API; stays up until Ctrl-C',
    )
    .option(
      '--state-dir <dir>',
      'where everything is kept (default: SLIPWAY_STATE_DIR or ~/.local/state/slipway)',
    )
    .option('--port <port>', 'port of the API (default: a free one)', readPortOption)
    .option('--temporal-port <port>', 'port of the Temporal server (default: a free one)', readPortOption)
    .option('--ui-port <port>', 'port of the Temporal web UI (default: a free one)', readPortOption)
    .option('--prometheus-port <port>', 'port of Prometheus (default: a free one)', readPortOption)
    .option('--in-memory', 'keep nothing after the end')
    .addOption(new Option('--log-level <level>', 'level of the JSON log on stderr (default: info)'))
    .action(runCommand);
  withExample(withOutput(command), 'slipway dev', 'slipway dev --state-dir /tmp/slipway -o json');
}

async function runCommand(options: Options): Promise<void> {
  const { stateDir, logLevel } = options;
  const run = await prepareRun(options, { stateDir, logLevel });
  const { runDev } = await import('../embedded/run-dev.ts');
  const dev: DevOptions = {
    ...run,
    ...portsOf(options),
    stateDir: run.settings.get('stateDir'),
    inMemory: options.inMemory === true,
  };
  const { exitCode } = await runDev(dev);
  process.exitCode = exitCode;
}

function portsOf(options: Options): Pick<DevOptions, 'port' | 'temporalPort' | 'uiPort' | 'prometheusPort'> {
  const { port, temporalPort, uiPort, prometheusPort } = options;
  return {
    ...(port === undefined ? {} : { port }),
    ...(temporalPort === undefined ? {} : { temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
    ...(prometheusPort === undefined ? {} : { prometheusPort }),
  };
}
