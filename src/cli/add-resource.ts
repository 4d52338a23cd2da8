import { readdir, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { type Command, Option } from 'commander';
import type { SlipwayClient } from '../client/index.ts';
import { connect } from './api-client.ts';
import { type ApiOptions, withApi, withExample } from './options.ts';
import { readInput, reasonOf } from './read-input.ts';
import { UsageError } from './usage-error.ts';

interface Options extends ApiOptions {
  project: string;
  stage?: string;
  allStages?: boolean;
  service?: string;
  resource: string;
  resourceUri?: string;
}

/** `slipway add-resource` */
export function registerAddResource(program: Command): void {
  const command = program
    .command('add-resource')
    .description('store a file or a directory for a project, a stage or a service')
    .requiredOption('-p, --project <name>', 'project')
    .option('--stage <name>', 'stage (default: the files of the whole project)')
    .option('--all-stages', 'every stage of the project')
    .option('-s, --service <name>', 'service; needs --stage or --all-stages')
    .requiredOption('-r, --resource <path>', 'file or directory to store')
    .option('--resource-uri <path>', 'path to store it under (default: as typed in --resource)')
    .addOption(new Option('--resourceUri <path>', 'the same, as the keptn CLI spells it').hideHelp());
  withApi(command).action(runCommand);
  withExample(
    command,
    'slipway add-resource --project podtato-head --stage hardening --service helloservice --resource slo.yaml',
    'slipway add-resource --project podtato-head --all-stages --service helloservice --resource helloservice.tgz --resource-uri helm/helloservice.tgz',
  );
}

async function runCommand(options: Options): Promise<void> {
  const files = await filesOf(options.resource, options.resourceUri ?? options.resource);
  const client = await connect(options);
  const stored: { stage?: string; resourceUri: string }[] = [];
  for (const stage of await stagesOf(client, options)) {
    for (const { path, uri } of files) {
      const { project, service } = options;
      await client.addResource({ project, stage, service, resourceUri: uri, content: await readInput(path) });
      stored.push({ ...(stage === undefined ? {} : { stage }), resourceUri: uri });
    }
  }
  const { printDone } = await import('./output/print.ts');
  const lines = stored.map(({ stage, resourceUri }) => {
    const scope = [options.project, stage, stage && options.service].filter(Boolean).join('/');
    return `Stored ${resourceUri} in ${scope}.`;
  });
  printDone(options.output, stored, lines.join('\n'));
}

async function stagesOf(client: SlipwayClient, options: Options): Promise<(string | undefined)[]> {
  if (options.stage !== undefined && options.allStages) {
    throw new UsageError('--stage and --all-stages are given together', 'give one of the two');
  }
  if (options.allStages)
    return (await client.project(options.project)).stages.map((stage) => stage.stageName);
  if (options.service === undefined || options.stage !== undefined) return [options.stage];
  throw new UsageError('--service is given without a stage', 'add --stage or --all-stages');
}

/** The file itself, or all files below a directory, with the path that each is stored under. */
async function filesOf(path: string, uri: string): Promise<{ path: string; uri: string }[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`, 'correct --resource');
  });
  if (!found.isDirectory()) return [{ path, uri: slashed(uri) }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new UsageError(`the directory ${path} holds no file`, 'correct --resource');
  return files
    .sort()
    .map((file) => ({ path: file, uri: posix.join(slashed(uri), slashed(relative(path, file))) }));
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
