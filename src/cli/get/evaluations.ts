import { type Command, InvalidArgumentError } from 'commander';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApi, withExample } from '../options.ts';

interface Options extends ApiOptions {
  project: string;
  stage?: string;
  service?: string;
  keptnContext?: string;
  limit: number;
}

/** `slipway get evaluations` */
export function registerGetEvaluations(group: Command): void {
  const command = group
    .command('evaluations')
    .alias('evaluation')
    .description('list evaluations, newest first, without the invalidated ones')
    .requiredOption('-p, --project <name>', 'project')
    .option('--stage <name>', 'only this stage')
    .option('-s, --service <name>', 'only this service')
    .option('-c, --keptn-context <id>', 'only this run')
    .option('--limit <number>', 'so many, 1 to 100', readLimit, 20);
  withApi(command).action(runCommand);
  withExample(
    command,
    'slipway get evaluations --project podtato-head --stage hardening --service helloservice',
  );
}

async function runCommand(options: Options): Promise<void> {
  const { project, stage, service, keptnContext, limit } = options;
  const events = await (await connect(options)).evaluations({ project, stage, service, keptnContext, limit });
  const { paintResult, printResult } = await import('../output/print.ts');
  const { scoreText } = await import('../output/run-table.ts');
  printResult(options.output, events, () => ({
    head: ['time', 'stage', 'service', 'result', 'score', 'keptn context', 'id'],
    rows: events.map((event) => [
      event.time,
      event.data.stage,
      event.data.service,
      paintResult(event.data.result),
      scoreText(scoreOf(event.data.evaluation)),
      event.shkeptncontext,
      event.id,
    ]),
    empty: `No evaluations in ${[project, stage, service].filter(Boolean).join('/')}.`,
  }));
}

function scoreOf(evaluation: Json | undefined): number | undefined {
  return isJsonObject(evaluation) && typeof evaluation.score === 'number' ? evaluation.score : undefined;
}

function readLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError('it must be a number from 1 to 100');
}
