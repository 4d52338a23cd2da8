import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

/** `slipway delete …`: removing what is not there is no error, as in Keptn 1.4.5. */
export function registerDelete(program: Command): void {
  const group = program.command('delete').helpCommand(false).description('delete a project or a service');
  registerDeleteProject(group);
  registerDeleteService(group);
}

function registerDeleteProject(group: Command): void {
  const command = group
    .command('project')
    .description('delete a project; what it has deployed stays')
    .argument('<name>', 'project');
  withApi(command).action(async (project: string, options: ApiOptions) => {
    await (await connect(options)).deleteProject(project);
    const { printDone } = await import('../output/print.ts');
    printDone(options.output, { project }, `Project ${project} deleted.`);
  });
  withExample(command, 'slipway delete project podtato-head');
}

function registerDeleteService(group: Command): void {
  const command = group
    .command('service')
    .description('delete a service from all stages of a project, with what it has deployed there')
    .argument('<name>', 'service')
    .requiredOption('-p, --project <name>', 'project');
  withApi(command).action(async (service: string, options: ApiOptions & { project: string }) => {
    await (await connect(options)).deleteService({ project: options.project, service });
    const { printDone } = await import('../output/print.ts');
    printDone(
      options.output,
      { project: options.project, service },
      `Service ${service} deleted from ${options.project}; what it has deployed is taken away.`,
    );
  });
  withExample(command, 'slipway delete service helloservice --project podtato-head');
}
