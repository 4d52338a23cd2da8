import { readFile } from 'node:fs/promises';
import { Command } from 'commander';

/** One command of the top level: its module is loaded only when it is needed. */
interface CommandModule {
  name: string;
  register(program: Command): Promise<void>;
}

/** All commands, in the order of the help. */
const COMMANDS: readonly CommandModule[] = [
  { name: 'demo', register: async (program) => (await import('./demo.ts')).registerDemo(program) },
  { name: 'dev', register: async (program) => (await import('./dev.ts')).registerDev(program) },
  {
    name: 'doctor',
    register: async (program) => (await import('./doctor/command.ts')).registerDoctor(program),
  },
  {
    name: 'validate',
    register: async (program) => (await import('./validate/command.ts')).registerValidate(program),
  },
  {
    name: 'simulate',
    register: async (program) => (await import('./simulate.ts')).registerSimulateCommand(program),
  },
  {
    name: 'gate',
    register: async (program) => (await import('./gate/index.ts')).registerGateCommands(program),
  },
  {
    name: 'create',
    register: async (program) => (await import('./create/command.ts')).registerCreate(program),
  },
  {
    name: 'delete',
    register: async (program) => (await import('./delete/command.ts')).registerDelete(program),
  },
  {
    name: 'add-resource',
    register: async (program) => (await import('./add-resource.ts')).registerAddResource(program),
  },
  {
    name: 'configure',
    register: async (program) => (await import('./configure.ts')).registerConfigure(program),
  },
  { name: 'get', register: async (program) => (await import('./get/command.ts')).registerGet(program) },
  {
    name: 'trigger',
    register: async (program) => (await import('./trigger/command.ts')).registerTrigger(program),
  },
  { name: 'status', register: async (program) => (await import('./status.ts')).registerStatus(program) },
  { name: 'wait', register: async (program) => (await import('./wait.ts')).registerWait(program) },
  {
    name: 'approve',
    register: async (program) => (await import('./control/decide.ts')).registerApprove(program),
  },
  {
    name: 'decline',
    register: async (program) => (await import('./control/decide.ts')).registerDecline(program),
  },
  {
    name: 'pause',
    register: async (program) => (await import('./control/control.ts')).registerPause(program),
  },
  {
    name: 'resume',
    register: async (program) => (await import('./control/control.ts')).registerResume(program),
  },
  {
    name: 'abort',
    register: async (program) => (await import('./control/control.ts')).registerAbort(program),
  },
  {
    name: 'stop-line',
    register: async (program) => (await import('./control/line.ts')).registerStopLine(program),
  },
  {
    name: 'resume-line',
    register: async (program) => (await import('./control/line.ts')).registerResumeLine(program),
  },
  { name: 'rerun', register: async (program) => (await import('./control/rerun.ts')).registerRerun(program) },
  {
    name: 'rollback',
    register: async (program) => (await import('./control/rollback.ts')).registerRollback(program),
  },
  {
    name: 'invalidate',
    register: async (program) => (await import('./invalidate.ts')).registerInvalidate(program),
  },
  { name: 'export', register: async (program) => (await import('./history.ts')).registerExport(program) },
  { name: 'import', register: async (program) => (await import('./history.ts')).registerImport(program) },
  { name: 'send', register: async (program) => (await import('./send.ts')).registerSend(program) },
  { name: 'worker', register: async (program) => (await import('./worker.ts')).registerWorker(program) },
  { name: 'server', register: async (program) => (await import('./server.ts')).registerServer(program) },
  {
    name: 'completion',
    register: async (program) => (await import('./completion.ts')).registerCompletion(program),
  },
];

/**
 * The command tree. With arguments, only the commands that they name are loaded; without a known name (help, a
 * typing error) or without arguments, all are.
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('slipway')
    .description(
      'Runs Keptn v1 shipyards as durable Temporal workflows: staged delivery with a scored quality gate.',
    )
    .version(await packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({
      writeErr: (text) => void process.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'slipway: ')),
    })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 warning, 2 the delivery or evaluation failed, 3 the command itself failed.\nFirst steps: `slipway demo`, or `slipway dev` and then `slipway create project`.',
    );
  const named = COMMANDS.filter((command) => args.includes(command.name));
  for (const command of named.length === 0 ? COMMANDS : named) await command.register(program);
  return program;
}

/** Runs one command line. Throws what the command throws; commander's own errors are CommanderError. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = await createProgram(args);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync([...args], { from: 'user' });
}

/** package.json stands two folders up, from src as from dist. */
async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const description: { version: string } = JSON.parse(text);
  return description.version;
}
