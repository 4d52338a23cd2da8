import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

interface Options extends ApiOptions {
  project: string;
  stage?: string;
  service?: string;
}

/** `slipway get resources` */
export function registerGetResources(group: Command): void {
  const command = group
    .command('resources')
    .alias('resource')
    .description('list the stored files of a project, stage or service, or print one of them')
    .argument('[path]', 'print this file on stdout')
    .requiredOption('-p, --project <name>', 'project')
    .option('--stage <name>', 'stage')
    .option('-s, --service <name>', 'service; needs --stage');
  withApi(command).action(runCommand);
  withExample(
    command,
    'slipway get resources --project podtato-head --stage hardening --service helloservice',
    'slipway get resource shipyard.yaml --project podtato-head',
  );
}

async function runCommand(path: string | undefined, options: Options): Promise<void> {
  const client = await connect(options);
  const { project, stage, service } = options;
  const scope = { project, stage, service };
  if (path !== undefined) {
    const { content, ...about } = await client.resource({ ...scope, resourceUri: path });
    const json = { ...about, content: Buffer.from(content).toString('base64') };
    process.stdout.write(options.output === 'json' ? `${JSON.stringify(json, null, 2)}\n` : content);
    return;
  }
  const paths = await client.resources(scope);
  const { printResult } = await import('../output/print.ts');
  printResult(options.output, paths, () => ({
    head: ['path'],
    rows: paths.map((uri) => [uri]),
    empty: `No files in ${[project, stage, service].filter(Boolean).join('/')}.`,
  }));
}
