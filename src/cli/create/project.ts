import type { Command } from 'commander';
import type { GitCredentials } from '../../client/index.ts';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';
import { readInput } from '../read-input.ts';
import { UsageError } from '../usage-error.ts';

interface Options extends ApiOptions {
  shipyard: string;
  gitRemoteUrl?: string;
  gitUser?: string;
  gitToken?: string;
  gitPrivateKey?: string;
  insecureSkipTls?: boolean;
}

/** `slipway create project` */
export function registerCreateProject(group: Command): void {
  const command = group
    .command('project')
    .description('create a project from its shipyard, optionally with a Git upstream')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .requiredOption('--shipyard <file>', 'shipyard.yaml; it is checked before anything is created')
    .option('--git-remote-url <url>', 'Git upstream, https:// or ssh://')
    .option('--git-user <user>', 'user of the upstream')
    .option('--git-token <token>', 'token for https; SLIPWAY_GIT_TOKEN is safer')
    .option('--git-private-key <file>', 'private key for ssh')
    .option('--insecure-skip-tls', 'do not check the certificate of the upstream');
  withApi(command).action(runCommand);
  withExample(command, 'slipway create project podtato-head --shipyard demo/podtato-head/shipyard.yaml');
}

async function runCommand(name: string, options: Options): Promise<void> {
  const shipyard = (await readInput(options.shipyard)).toString('utf8');
  const warnings = await checkShipyard(shipyard, options.shipyard);
  const { note, printDone } = await import('../output/print.ts');
  warnings.forEach(note);
  const gitCredentials = await credentialsOf(options);
  const client = await connect(options);
  await client.createProject({ name, shipyard, ...(gitCredentials === undefined ? {} : { gitCredentials }) });
  printDone(options.output, { project: name }, `Project ${name} created.`);
}

/** Warnings of the file; throws UsageError with every error on a line of its own. */
async function checkShipyard(text: string, file: string): Promise<string[]> {
  const [{ parseShipyard }, { formatProblem }] = await Promise.all([
    import('../../files/shipyard.ts'),
    import('../../files/problem.ts'),
  ]);
  const { problems } = parseShipyard(text, { file });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length === 0) return problems.map(formatProblem);
  throw new UsageError(
    `the shipyard cannot be used, nothing was created:\n${errors.map(formatProblem).join('\n')}`,
    'correct the file and check it with `slipway validate`',
  );
}

async function credentialsOf(options: Options): Promise<GitCredentials | undefined> {
  const { gitRemoteUrl: remoteURL, gitUser: user, gitPrivateKey } = options;
  const token = options.gitToken ?? process.env.SLIPWAY_GIT_TOKEN;
  if (remoteURL === undefined) {
    if (options.gitToken === undefined && gitPrivateKey === undefined && user === undefined) return undefined;
    throw new UsageError('Git credentials are given without --git-remote-url', 'name the upstream as well');
  }
  const base = { remoteURL, ...(user === undefined ? {} : { user }) };
  if (gitPrivateKey !== undefined) {
    return { ...base, ssh: { privateKey: (await readInput(gitPrivateKey)).toString('base64') } };
  }
  if (token === undefined) {
    throw new UsageError(
      'the Git upstream has no credentials',
      'give SLIPWAY_GIT_TOKEN, --git-token or --git-private-key',
    );
  }
  return { ...base, https: { token, insecureSkipTLS: options.insecureSkipTls === true } };
}
