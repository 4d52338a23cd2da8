import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends ApiOptions {
  project?: string;
  stage?: string;
  service?: string;
  keptnContext?: string;
  open?: boolean;
}

/** `slipway get events` */
export function registerGetEvents(group: Command): void {
  const command = group
    .command('events')
    .alias('event')
    .description('list stored events, newest first')
    .argument('[type]', 'for example evaluation.finished; sh.keptn.event. is put in front when it is missing')
    .option('-p, --project <name>', 'project')
    .option('--stage <name>', 'stage')
    .option('-s, --service <name>', 'service')
    .option('-c, --keptn-context <id>', 'context of the run')
    .option('--open', 'only approval.triggered events that wait for a decision; needs --project');
  withApi(command).action(runCommand);
  withExample(
    command,
    'slipway get events evaluation.finished --keptn-context 6ef84c8d-2c19-48ee-9d6c-7583ed281841 -o json',
    'slipway get events --open --project podtato-head',
  );
}

async function runCommand(type: string | undefined, options: Options): Promise<void> {
  const events = await findEvents(type, options);
  const { printResult } = await import('../output/print.ts');
  printResult(options.output, events, () => ({
    head: ['time', 'type', 'stage', 'service', 'result', 'keptn context', 'id'],
    rows: events.map((event) => [
      event.time,
      event.type.replace(/^sh\.keptn\.event\./, ''),
      event.data.stage,
      event.data.service,
      event.data.result,
      event.shkeptncontext,
      event.id,
    ]),
    empty: 'No events.',
  }));
}

async function findEvents(type: string | undefined, options: Options) {
  const { project, stage, service, keptnContext, open } = options;
  if (open) {
    if (project === undefined) throw new UsageError('--open is given without a project', 'add --project');
    if (type !== undefined && !type.endsWith('approval.triggered')) {
      throw new UsageError(`--open lists approvals, not ${type}`, 'leave the type out');
    }
    const client = await connect(options);
    return client.openApprovals({ project, ...(stage ? { stage } : {}), ...(service ? { service } : {}) });
  }
  if (project === undefined && keptnContext === undefined) {
    throw new UsageError('neither a project nor a context is given', 'add --project or --keptn-context');
  }
  const full =
    type === undefined || /^(?:sh\.keptn|io\.slipway)\./.test(type) ? type : `sh.keptn.event.${type}`;
  return (await connect(options)).events({ project, stage, service, keptnContext, type: full });
}
