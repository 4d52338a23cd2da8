import type { Command } from 'commander';
import { hasEnded } from '../../client/index.ts';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';
import { activeRunsOf, stateText } from '../waits.ts';

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
  const client = await connect(options);
  const sequences = await client.sequences({ project, keptnContext, state, name });
  const active = sequences.every((run) => hasEnded(run.state))
    ? []
    : await activeRunsOf(client, { project, ...(keptnContext === undefined ? {} : { keptnContext }) });
  const waiting = (context: string) => active.filter((run) => run.keptnContext === context);
  const { printResult } = await import('../output/print.ts');
  const runs = sequences.map((run) => ({ ...run, active: waiting(run.shkeptncontext) }));
  printResult(options.output, runs, () => ({
    head: ['keptn context', 'sequence', 'service', 'state', 'stages', 'time'],
    rows: runs.map((run) => [
      run.shkeptncontext,
      run.name,
      run.service,
      stateText(run.state, run.active),
      run.stages.map((stage) => `${stage.name} ${stage.state}`).join(', '),
      run.time,
    ]),
    empty: `No runs in ${project}.`,
  }));
}
