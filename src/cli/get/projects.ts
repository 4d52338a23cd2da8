import type { Command } from 'commander';
import type { Project } from '../../client/index.ts';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

/** `slipway get projects` */
export function registerGetProjects(group: Command): void {
  const command = group
    .command('projects')
    .alias('project')
    .description('list projects')
    .argument('[name]', 'only this project');
  withApi(command).action(async (name: string | undefined, options: ApiOptions) => {
    const client = await connect(options);
    const projects = name === undefined ? await client.projects() : [await client.project(name)];
    const { printResult } = await import('../output/print.ts');
    printResult(options.output, projects, () => ({
      head: ['project', 'stages', 'created', 'shipyard', 'line'],
      rows: projects.map((project) => [
        project.projectName,
        project.stages.map((stage) => stage.stageName).join(', '),
        creationTime(project.creationDate),
        project.shipyardVersion,
        lineText(project),
      ]),
      empty: 'No projects. Create one with `slipway create project`.',
    }));
  });
  withExample(command, 'slipway get projects -o json');
}

/** `stopped by ada: reason`, or nothing while the line runs. */
function lineText({ line }: Project): string | undefined {
  if (line?.state !== 'stopped') return undefined;
  return `stopped${line.by ? ` by ${line.by}` : ''}: ${line.reason ?? ''}`;
}

/** Keptn gives nanoseconds since 1970 as a text; answers RFC 3339, or undefined for anything else. */
export function creationTime(nanoseconds: string | undefined): string | undefined {
  if (nanoseconds === undefined || !/^\d{10,20}$/.test(nanoseconds)) return undefined;
  return new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString();
}
