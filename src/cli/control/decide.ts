import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, readLabels, withApi, withExample } from '../options.ts';
import { loginName } from './control.ts';

interface Options extends ApiOptions {
  project: string;
  stage: string;
  service?: string;
  keptnContext?: string;
  id?: string;
  by?: string;
  reason?: string;
  labels?: Record<string, string>;
}

const VERBS = {
  approve: { done: 'Approved', description: 'approve the run that waits in a stage' },
  decline: { done: 'Declined', description: 'decline the run that waits in a stage: its sequence fails' },
} as const;

/** `slipway approve` */
export function registerApprove(program: Command): void {
  registerDecision(program, 'approve');
}

/** `slipway decline` */
export function registerDecline(program: Command): void {
  registerDecision(program, 'decline');
}

function registerDecision(program: Command, verb: keyof typeof VERBS): void {
  const { done, description } = VERBS[verb];
  const command = program
    .command(verb)
    .description(description)
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('--stage <name>', 'stage')
    .option('-s, --service <name>', 'service, when several wait')
    .option('-c, --keptn-context <id>', 'context of the run, when several wait')
    .option('--id <id>', 'id of the approval.triggered event')
    .option('--by <name>', 'who decides (default: your login name)')
    .option('--reason <text>', 'why; kept with the decision')
    .option('-l, --labels <key=value,…>', 'labels of the decision', readLabels);
  withApi(command).action(async (options: Options) => {
    const client = await connect(options);
    const decided = await client[verb]({
      ...options,
      triggeredId: options.id,
      by: options.by ?? loginName(),
    });
    const { printDone } = await import('../output/print.ts');
    const text = `${done} ${decided.service} in ${options.stage} (context ${decided.keptnContext}).`;
    printDone(options.output, { decision: verb, ...decided }, text);
  });
  withExample(
    command,
    `slipway ${verb} --project podtato-head --stage production --reason "checked by hand"`,
  );
}
