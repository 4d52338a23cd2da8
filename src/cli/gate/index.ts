import { type Command, Option } from 'commander';
import { type BacktestOptions, backtestCommand } from './backtest.ts';
import { type EvaluateOptions, evaluateCommand } from './evaluate.ts';
import { type ExplainOptions, explainCommand } from './explain.ts';
import { type GateIo, processIo } from './io.ts';

/** Adds `gate evaluate`, `gate backtest` and `gate explain`, which work offline, to a program. */
export function registerGateCommands(program: Command, io: GateIo = processIo): void {
  const gate = program.command('gate').description('judge runs against a slo.yaml, without a server');
  const evaluate = gate
    .command('evaluate')
    .description('judge one run: exit code 0 pass, 1 warning with --fail-on warning, 2 fail, 3 error')
    .option('--batch', 'read one JSON case per line on standard input, write one verdict per line')
    .addOption(
      new Option('--fail-on <result>', 'least result that fails')
        .choices(['warning', 'fail'])
        .default('fail'),
    );
  addInputOptions(evaluate).action((options: EvaluateOptions) => run(() => evaluateCommand(options, io)));
  const explain = gate
    .command('explain')
    .description('say in words what was measured, compared with which runs, and why it passed or not')
    .option('--objective <sli>', 'explain this objective only');
  addInputOptions(explain).action((options: ExplainOptions) => run(() => explainCommand(options, io)));
  gate
    .command('backtest')
    .description(
      'say what a slo.yaml would have made of past evaluations, and which builds it would have stopped',
    )
    .option('--slo <file>', 'slo.yaml to try')
    .option('--history <file>', 'exported evaluations, one JSON line each')
    .option('--changes-only', 'list only the runs that would have gone the other way')
    .addOption(outputOption())
    .action((options: BacktestOptions) => run(() => backtestCommand(options, io)));
}

function addInputOptions(command: Command): Command {
  return command
    .option('--slo <file>', 'slo.yaml or OpenSLO v1 document to judge by')
    .option('--sli <file>', 'JSON list of {metric, value, success, message}')
    .option('--history <file>', 'JSON list of earlier evaluations, newest first')
    .option('--samples <file>', 'JSON object of canary and primary samples by metric, for x-compare')
    .option('--project <name>', 'project named in messages')
    .option('--stage <name>', 'stage named in messages')
    .option('--service <name>', 'service named in messages')
    .addOption(outputOption());
}

function outputOption(): Option {
  return new Option('-o, --output <format>', 'output format').choices(['table', 'json']).default('table');
}

async function run(command: () => Promise<number>): Promise<void> {
  process.exitCode = await command();
}
