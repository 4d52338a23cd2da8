import type { Command } from 'commander';
import { connect } from './api-client.ts';
import { type ApiOptions, withApi, withExample } from './options.ts';

/** `slipway invalidate evaluation` */
export function registerInvalidate(program: Command): void {
  const group = program
    .command('invalidate')
    .helpCommand(false)
    .description('take an evaluation out of comparisons');
  const command = group
    .command('evaluation')
    .description('leave an evaluation out of all later comparisons; there is no way back')
    .argument('<id>', 'id of its evaluation.finished event, as `slipway get evaluations -o table` shows it')
    .requiredOption('--reason <text>', 'why; it is kept with the evaluation');
  withApi(command).action(async (evaluationId: string, options: ApiOptions & { reason: string }) => {
    const { reason } = options;
    await (await connect(options)).invalidateEvaluation({ evaluationId, reason });
    const { printDone } = await import('./output/print.ts');
    printDone(
      options.output,
      { evaluationId, reason },
      `Evaluation ${evaluationId} no longer counts: ${reason}`,
    );
  });
  withExample(
    command,
    'slipway invalidate evaluation 0a8be657-63ed-4806-969f-fc04930f4e9c --reason "load generator was down"',
  );
}
