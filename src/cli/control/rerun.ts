import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { withExample } from '../options.ts';
import { type TriggerOptions, withWatch } from '../trigger/started.ts';
import { loginName } from './control.ts';

interface Options extends TriggerOptions {
  keptnContext: string;
  stage?: string;
  from?: string;
  by?: string;
  reason?: string;
}

/** `slipway rerun sequence` */
export function registerRerun(program: Command): void {
  const description = 'start an ended run again from the task that did not pass';
  const group = program.command('rerun').helpCommand(false).description(description);
  const command = group
    .command('sequence')
    .description(`${description}; earlier tasks keep their answers, the definition stays pinned`)
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('-c, --keptn-context <id>', 'context of the run')
    .option('--stage <name>', 'stage, when several did not pass')
    .option('--from <task>', 'task to begin with (default: the one that failed or was open)')
    .option('--by <name>', 'who asks for it (default: your login name)')
    .option('--reason <text>', 'why');
  withWatch(command).action(runCommand);
  withExample(
    command,
    'slipway rerun sequence --project podtato-head --keptn-context 6ef84c8d-2c19-48ee-9d6c-7583ed281841 --from test --watch',
  );
}

async function runCommand(options: Options): Promise<void> {
  const { project, keptnContext, stage, from, reason } = options;
  const client = await connect(options);
  const started = await client.rerun({
    project,
    keptnContext,
    stage,
    from,
    by: options.by ?? loginName(),
    reason,
  });
  const { note, printDone } = await import('../output/print.ts');
  const text = `${started.sequence} in ${started.stage} begins again with ${started.from}.`;
  if (!options.watch) {
    printDone(options.output, started, text);
    return;
  }
  note(text);
  const { watchRun } = await import('../watch-run.ts');
  await watchRun(client, keptnContext, { output: options.output, timeoutMs: options.watchTime });
}
