import type { Command } from 'commander';
import { connect } from './api-client.ts';
import { type ApiOptions, withApi, withExample } from './options.ts';
import { waitsOf, waitText } from './waits.ts';

/** `slipway status`: where a run stands. */
export function registerStatus(program: Command): void {
  const command = withApi(program.command('status'))
    .description('show where a run stands: stages, tasks, results')
    .argument('<keptn-context>', 'context id that the trigger printed')
    .action(async (keptnContext: string, options: ApiOptions) => {
      const client = await connect(options);
      const run = await client.status(keptnContext);
      const waiting = await waitsOf(client, run);
      const { printResult } = await import('./output/print.ts');
      const { runRows, runSummary } = await import('./output/run-table.ts');
      printResult(options.output, { ...run, waiting }, () => runRows(run));
      if (options.output === 'table') {
        process.stdout.write(`${runSummary(run)}\n`);
        for (const one of waiting) process.stdout.write(`${waitText(one)}\n`);
      }
    });
  withExample(command, 'slipway status 6ef84c8d-2c19-48ee-9d6c-7583ed281841');
}
