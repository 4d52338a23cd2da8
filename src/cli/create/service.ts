import type { Command } from 'commander';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

/** `slipway create service` */
export function registerCreateService(group: Command): void {
  const command = group
    .command('service')
    .description('create a service in all stages of a project')
    .argument(
      '<name>',
      'letters, digits, dots, dashes and underscores, at most 43; Kubernetes wants lower case and dashes',
    )
    .requiredOption('-p, --project <name>', 'project');
  withApi(command).action(async (service: string, options: ApiOptions & { project: string }) => {
    await (await connect(options)).createService({ project: options.project, service });
    const { printDone } = await import('../output/print.ts');
    printDone(
      options.output,
      { project: options.project, service },
      `Service ${service} created in ${options.project}.`,
    );
  });
  withExample(command, 'slipway create service helloservice --project podtato-head');
}
