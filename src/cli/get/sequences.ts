import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

interface Options extends ApiOptions {
  project: string;
  keptnContext?: string;
  state?: string;
}

/** `slipway get sequences` */
export function registerGetSequences(group: Command): void {
  const command = group
    .command('sequences')
    .alias('sequence')
    .description('list the runs of a project, newest first; one line for each Keptn context')
    .argument('[name]', 'only runs that began with this sequence')
    .requiredOption('-p, --project <name>', 'project')
    .option('-c, --keptn-context <id>', 'only this run')
    .option('--state <state>', 'triggered, waiting, started, paused, finished, timedOut or aborted');
  withApi(command).action(runCommand);
  withExample(command, 'slipway get sequences --project podtato-head --state started');
}

async function runCommand(name: string | undefined, options: Options): Promise<void> {
  const { project, keptnContext, state } = options;
  const sequences = await (await connect(options)).sequences({ project, keptnContext, state, name });
  const { printResult } = await import('../output/print.ts');
  printResult(options.output, sequences, () => ({
    head: ['keptn context', 'sequence', 'service', 'state', 'stages', 'time'],
    rows: sequences.map((run) => [
      run.shkeptncontext,
      run.name,
      run.service,
      run.state,
      run.stages.map((stage) => `${stage.name} ${stage.state}`).join(', '),
      run.time,
    ]),
    empty: `No runs in ${project}.`,
  }));
}
