import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';
import { creationTime } from './projects.ts';

interface Options extends ApiOptions {
  project?: string;
  stage?: string;
}

/** `slipway get services` */
export function registerGetServices(group: Command): void {
  const command = group
    .command('services')
    .alias('service')
    .description('list services of one or of all projects, with the image that each stage runs')
    .argument('[name]', 'only this service')
    .option('-p, --project <name>', 'only this project')
    .option('--stage <name>', 'only this stage');
  withApi(command).action(runCommand);
  withExample(command, 'slipway get services --project podtato-head');
}

async function runCommand(name: string | undefined, options: Options): Promise<void> {
  const client = await connect(options);
  const projects =
    options.project === undefined ? await client.projects() : [await client.project(options.project)];
  const services = projects.flatMap((project) =>
    project.stages
      .filter((stage) => options.stage === undefined || stage.stageName === options.stage)
      .flatMap((stage) =>
        stage.services.map((service) => ({
          project: project.projectName,
          stage: stage.stageName,
          ...service,
        })),
      ),
  );
  const found = services.filter((service) => name === undefined || service.serviceName === name);
  const { printResult } = await import('../output/print.ts');
  printResult(options.output, found, () => ({
    head: ['service', 'project', 'stage', 'image', 'created'],
    rows: found.map((service) => [
      service.serviceName,
      service.project,
      service.stage,
      service.deployedImage || undefined,
      creationTime(service.creationDate),
    ]),
    empty: 'No services. Create one with `slipway create service`.',
  }));
}
