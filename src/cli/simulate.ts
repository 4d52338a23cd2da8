import { type Command, Option } from 'commander';
import type { Result } from '../sequence/types.ts';
import { withExample, withExitCodes } from './options.ts';

/** Options of `slipway simulate` as commander gives them. */
export interface SimulateOptions {
  shipyard?: string;
  trigger?: string;
  project?: string;
  service?: string;
  data?: string;
  responses?: string;
  assume: Result | 'none';
  output: 'table' | 'json' | 'mermaid';
  batch?: boolean;
}

/** Adds `slipway simulate`: a dry run of a shipyard with the rules that the workflows use. Works offline. */
export function registerSimulateCommand(program: Command): void {
  const command = program
    .command('simulate')
    .description('play a trigger through a shipyard without doing anything')
    .option('--shipyard <file>', 'shipyard.yaml to play; - reads standard input')
    .option('--trigger <stage.sequence>', 'what is triggered, such as dev.delivery')
    .option('--project <name>', 'project named in the events (default: from --data, or "project")')
    .option('--service <name>', 'service named in the events (default: from --data, or "service")')
    .option('--data <file>', 'data of the trigger, as YAML or JSON')
    .option('--responses <file>', 'what tasks answer, as YAML or JSON: a list of {stage, task, result, …}')
    .addOption(
      new Option('--assume <result>', 'what tasks answer that have no response; none leaves them open')
        .choices(['pass', 'warning', 'fail', 'none'])
        .default('pass'),
    )
    .addOption(
      new Option('-o, --output <format>', 'table for people, json for programs, mermaid for a drawing')
        .choices(['table', 'json', 'mermaid'])
        .default('table'),
    )
    .option('--batch', 'read one JSON case per line on standard input, write one JSON line for each')
    .action(async (options: SimulateOptions) => {
      const { simulateCommand } = await import('./simulate/command.ts');
      await simulateCommand(options, process);
    });
  withExample(
    command,
    'slipway simulate --shipyard shipyard.yaml --trigger dev.delivery --service carts',
    'slipway simulate --shipyard shipyard.yaml -o mermaid',
  );
  withExitCodes(command, '0  played, whatever the results are', '3  the input cannot be used');
}
