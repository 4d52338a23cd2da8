import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';
import { loginName } from './control.ts';

interface Options extends ApiOptions {
  project: string;
  by?: string;
  reason?: string;
}

/** `slipway stop-line` */
export function registerStopLine(program: Command): void {
  const command = program
    .command('stop-line')
    .description('start nothing new in a project, and pause what runs, until resume-line')
    .requiredOption('-p, --project <name>', 'project')
    .requiredOption('--reason <text>', 'why; everybody whose trigger is refused is told')
    .option('--by <name>', 'who stops it (default: your login name)');
  withApi(command).action((options: Options) => change(options, 'stopped'));
  withExample(command, 'slipway stop-line --project podtato-head --reason "database is being moved"');
}

/** `slipway resume-line` */
export function registerResumeLine(program: Command): void {
  const command = program
    .command('resume-line')
    .description('let a project start sequences again, and resume what stop-line has paused')
    .requiredOption('-p, --project <name>', 'project')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who resumes it (default: your login name)');
  withApi(command).action((options: Options) => change(options, 'running'));
  withExample(command, 'slipway resume-line --project podtato-head');
}

async function change(options: Options, state: 'stopped' | 'running'): Promise<void> {
  const { project, reason } = options;
  const client = await connect(options);
  const by = options.by ?? loginName();
  const line =
    state === 'stopped'
      ? await client.stopLine({ project, reason: reason ?? '', by })
      : await client.resumeLine({ project, reason, by });
  const { printDone } = await import('../output/print.ts');
  const text = state === 'stopped' ? 'is stopped: nothing new starts' : 'runs again';
  printDone(options.output, line, `The line of ${project} ${text}.`);
}
