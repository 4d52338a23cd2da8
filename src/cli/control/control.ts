import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

interface Options extends ApiOptions {
  project: string;
  keptnContext: string;
  stage?: string;
  by?: string;
  reason?: string;
}

const VERBS = {
  pause: { done: 'paused', description: 'pause a run: its task may end, the next one is held back' },
  resume: { done: 'resumed', description: 'go on with a paused run' },
  abort: { done: 'aborted', description: 'stop a run for good; traffic is put back to the side that serves' },
} as const;

/** `slipway pause sequence` */
export function registerPause(program: Command): void {
  registerControl(program, 'pause');
}

/** `slipway resume sequence` */
export function registerResume(program: Command): void {
  registerControl(program, 'resume');
}

/** `slipway abort sequence` */
export function registerAbort(program: Command): void {
  registerControl(program, 'abort');
}

function registerControl(program: Command, verb: keyof typeof VERBS): void {
  const { description, done } = VERBS[verb];
  const group = program.command(verb).helpCommand(false).description(description);
  const command = group
    .command('sequence')
    .description(description)
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('-c, --keptn-context <id>', 'context of the run')
    .option('--stage <name>', 'only this stage (default: the whole run)')
    .option('--by <name>', 'who asks for it (default: your login name)')
    .option('--reason <text>', 'why');
  withApi(command).action(async (options: Options) => {
    const { project, keptnContext, stage, reason } = options;
    const by = options.by ?? loginName();
    await (await connect(options))[verb]({ project, keptnContext, stage, by, reason });
    const { printDone } = await import('../output/print.ts');
    printDone(options.output, { keptnContext, control: verb }, `Run ${keptnContext} ${done}.`);
  });
  withExample(
    command,
    `slipway ${verb} sequence --project podtato-head --keptn-context 6ef84c8d-2c19-48ee-9d6c-7583ed281841`,
  );
}

/** Login name of the user; undefined where the system knows none (a container with a bare user id). */
export function loginName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
