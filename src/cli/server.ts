import type { Command } from 'commander';
import { withConfig, withExample, withOutput } from './options.ts';
import { prepareRun } from './run-command.ts';

interface Options {
  config?: string;
  output: 'table' | 'json';
  host?: string;
  port?: string;
  stateDir?: string;
  storeUrl?: string;
  gitDir?: string;
  logLevel?: string;
}

/** `slipway server`: the Keptn-compatible API. */
export function registerServer(program: Command): void {
  const command = withConfig(program.command('server'))
    .description('serve the Keptn-compatible API; callers need the token of SLIPWAY_SERVER_TOKEN')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes a free one (default: 8080)')
    .option(
      '--state-dir <dir>',
      'folder for local state (default: SLIPWAY_STATE_DIR or ~/.local/state/slipway)',
    )
    .option('--store-url <url>', 'Postgres of events and evaluations; SLIPWAY_STORE_URL is safer')
    .option('--git-dir <dir>', 'folder of the projects’ Git repositories')
    .option('--log-level <level>', 'level of the JSON log on stderr (default: info)')
    .action(runCommand);
  withExample(withOutput(command), 'SLIPWAY_SERVER_TOKEN=… slipway server --host 0.0.0.0 --port 8080');
}

async function runCommand(options: Options): Promise<void> {
  const { host, port, stateDir, storeUrl, gitDir, logLevel } = options;
  const run = await prepareRun(options, {
    serverHost: host,
    serverPort: port,
    stateDir,
    storeUrl,
    gitDir,
    logLevel,
  });
  const { settings } = run;
  const token = settings.get('serverToken');
  const store = settings.get('storeUrl');
  const git = settings.get('gitDir');
  const server = {
    ...run,
    stateDir: settings.get('stateDir'),
    host: settings.get('serverHost'),
    port: settings.get('serverPort'),
    ...(token === undefined ? {} : { token }),
    ...(store === undefined ? {} : { storeUrl: store }),
    ...(git === undefined ? {} : { gitDir: git }),
  };
  const { runServer } = await import('../server/run-server.ts');
  const { exitCode } = await runServer(server);
  process.exitCode = exitCode;
}
