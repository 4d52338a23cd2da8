import { type Command, InvalidArgumentError } from 'commander';
import {
  readPositive,
  VERDICT_CODES,
  withConfig,
  withExample,
  withExitCodes,
  withOutput,
} from './options.ts';
import { prepareRun } from './run-command.ts';

interface Options {
  config?: string;
  output: 'table' | 'json';
  keep?: boolean;
  speed: number;
  stateDir?: string;
  act?: number;
}

/** `slipway demo`: the podtato-head tour on the embedded platform. */
export function registerDemo(program: Command): void {
  const command = withConfig(program.command('demo'))
    .description(
      'a good build is promoted, a slow build is stopped, an approval is given: the podtato-head tour',
    )
    .option('--keep', 'leave everything up at the end, and say how to look around')
    .option('--speed <factor>', 'divide the times of load and evaluation', readPositive, 1)
    .option(
      '--act <number>',
      'only act 1, 2 or 3 (act 2 and 3 need what act 1 deploys, so it runs first)',
      readAct,
    )
    .option('--state-dir <dir>', 'where everything is kept (default: a temporary directory)')
    .action(runCommand);
  withExitCodes(
    withOutput(command),
    '0  every act ended as told',
    ...VERDICT_CODES.slice(2, 3),
    VERDICT_CODES[3] ?? '',
  );
  withExample(command, 'slipway demo', 'slipway demo --keep');
}

async function runCommand(options: Options): Promise<void> {
  const { keep = false, speed, stateDir, act } = options;
  const run = await prepareRun(options);
  const { runDemo } = await import('../embedded/demo/run-demo.ts');
  const { exitCode } = await runDemo({
    ...run,
    keep,
    speed,
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(act === undefined ? {} : { act }),
  });
  process.exitCode = exitCode;
}

function readAct(text: string): number {
  if (/^[123]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be 1, 2 or 3');
}
