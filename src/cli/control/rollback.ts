import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { withExample } from '../options.ts';
import { type TriggerOptions, withWatch } from '../trigger/started.ts';
import { loginName } from './control.ts';

interface Options extends TriggerOptions {
  project: string;
  stage: string;
  service: string;
  by?: string;
  reason?: string;
}

/** `slipway rollback` */
export function registerRollback(program: Command): void {
  const command = program
    .command('rollback')
    .description(
      'go back to the old version that the last release keeps (x-keep-warm): one write of the weights, ahead of the queue',
    )
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('--stage <name>', 'stage')
    .requiredOption('--service <name>', 'service')
    .option('--by <name>', 'who asks for it (default: your login name)')
    .option('--reason <text>', 'why');
  withWatch(command).action(runCommand);
  withExample(
    command,
    'slipway rollback --project podtato-head --stage production --service helloservice --reason "errors at checkout" --watch',
  );
}

async function runCommand(options: Options): Promise<void> {
  const { project, stage, service, reason } = options;
  const client = await connect(options);
  const started = await client.rollback({ project, stage, service, by: options.by ?? loginName(), reason });
  const { note, printDone } = await import('../output/print.ts');
  const text = `${service} in ${stage} goes back to the version before the release ${started.releaseContext}.`;
  if (!options.watch) {
    printDone(options.output, started, text);
    return;
  }
  note(text);
  const { watchRun } = await import('../watch-run.ts');
  await watchRun(client, started.keptnContext, { output: options.output, timeoutMs: options.watchTime });
}
