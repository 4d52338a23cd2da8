import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

/** `slipway get stages` */
export function registerGetStages(group: Command): void {
  const command = group
    .command('stages')
    .alias('stage')
    .description('list the stages of a project in the order of its shipyard')
    .argument('[name]', 'only this stage')
    .requiredOption('-p, --project <name>', 'project');
  withApi(command).action(async (name: string | undefined, options: ApiOptions & { project: string }) => {
    const project = await (await connect(options)).project(options.project);
    const stages = project.stages.filter((stage) => name === undefined || stage.stageName === name);
    const { printResult } = await import('../output/print.ts');
    printResult(options.output, stages, () => ({
      head: ['stage', 'after', 'services'],
      rows: stages.map((stage) => [
        stage.stageName,
        (stage.parentStages ?? []).join(', ') || undefined,
        stage.services.map((service) => service.serviceName).join(', ') || undefined,
      ]),
      empty:
        name === undefined ? `No stages in ${options.project}.` : `No stage ${name} in ${options.project}.`,
    }));
  });
  withExample(command, 'slipway get stages --project podtato-head');
}
