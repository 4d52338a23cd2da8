import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { KeptnEvent } from '../../contracts/events.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import { connect } from '../api-client.ts';
import { type ApiOptions, withApiAddress, withExample } from '../options.ts';
import { reasonOf } from '../read-input.ts';
import { UsageError } from '../usage-error.ts';

type Format = 'heatmap' | 'table' | 'json' | 'html';

interface Options extends Omit<ApiOptions, 'output'> {
  output: Format;
  file?: string;
  project: string;
  stage?: string;
  service?: string;
  keptnContext?: string;
  result?: string[];
  label?: { key: string; value: string };
  from?: string;
  to?: string;
  limit: number;
}

/** `slipway get evaluations` */
export function registerGetEvaluations(group: Command): void {
  const output = new Option(
    '-o, --output <format>',
    'heatmap or table for people, json for programs, html for a page',
  )
    .choices(['heatmap', 'table', 'json', 'html'])
    .default('heatmap');
  const command = group
    .command('evaluations')
    .alias('evaluation')
    .description('draw evaluations as a heatmap of SLI by run, or list them; without the invalidated ones')
    .requiredOption('-p, --project <name>', 'project')
    .option('--stage <name>', 'only this stage')
    .option('-s, --service <name>', 'only this service')
    .option('-c, --keptn-context <id>', 'only this run')
    .option('--result <list>', 'only pass, warning or fail; several with commas', readResults)
    .option('-l, --label <key=value>', 'only evaluations with this label', readLabel)
    .option('--from <time>', 'only later ones, RFC 3339', readTime)
    .option('--to <time>', 'only earlier ones, RFC 3339', readTime)
    .option('--limit <number>', 'so many, the newest, 1 to 100', readLimit, 20)
    .option('--file <path>', 'where the page of -o html goes (default: evaluations.html)');
  withApiAddress(command).addOption(output).action(runCommand);
  withExample(
    command,
    'slipway get evaluations --project podtato-head --stage hardening --service helloservice',
    'slipway get evaluations --project podtato-head --label buildId=42 -o html --file evaluations.html',
  );
}

async function runCommand(options: Options): Promise<void> {
  const { project, stage, service, keptnContext, result, label, from, to, limit } = options;
  if (options.file !== undefined && options.output !== 'html')
    throw new UsageError('--file is given without a page', 'add -o html');
  const filter = { project, stage, service, keptnContext, limit, results: result, label };
  const client = await connect(options);
  const events = await client.evaluations({ ...filter, fromTime: from, beforeTime: to });
  const place = [project, stage, service].filter(Boolean).join('/');
  switch (options.output) {
    case 'heatmap':
      return printHeatmaps(events, place);
    case 'html':
      return writePage(events, { file: options.file ?? 'evaluations.html', title: place });
    case 'table':
    case 'json':
      return printList(events, { output: options.output, place });
  }
}

/** One picture for each service of each stage: their SLIs have nothing to do with each other. */
async function printHeatmaps(events: KeptnEvent[], place: string): Promise<void> {
  const { renderHeatmap } = await import('../gate/heatmap.ts');
  const { runsOf } = await import('../gate/runs.ts');
  const { paint, singleLine } = await import('../output/print.ts');
  const groups = Map.groupBy(events, ({ data }) => `${data.stage}/${data.service}`);
  const pictures = [...groups].map(
    ([name, group]) =>
      `${paint('bold', singleLine(name))}\n${renderHeatmap(runsOf(group), process.stdout.columns ?? 80)}`,
  );
  process.stdout.write(pictures.length === 0 ? `${nothingIn(place)}\n` : `${pictures.join('\n\n')}\n`);
}

async function writePage(
  events: KeptnEvent[],
  { file, title }: { file: string; title: string },
): Promise<void> {
  const places = [...new Set(events.map(({ data }) => `${data.stage}/${data.service}`))];
  if (places.length > 1) {
    throw new UsageError(
      `one page shows one service in one stage, but there are ${places.join(', ')}`,
      'add --stage and --service',
    );
  }
  const { renderEvaluationsPage } = await import('../gate/evaluations-page.ts');
  const { runsOf } = await import('../gate/runs.ts');
  try {
    await writeFile(file, renderEvaluationsPage(runsOf(events), title));
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${reasonOf(error)}`, 'give another --file');
  }
  process.stdout.write(`${file}: ${events.length} evaluations of ${title}\n`);
}

async function printList(
  events: KeptnEvent[],
  { output, place }: { output: 'table' | 'json'; place: string },
): Promise<void> {
  const { paintResult, printResult } = await import('../output/print.ts');
  const { scoreText } = await import('../output/run-table.ts');
  printResult(output, events, () => ({
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
    empty: nothingIn(place),
  }));
}

function nothingIn(place: string): string {
  return `No evaluations in ${place}.`;
}

function scoreOf(evaluation: Json | undefined): number | undefined {
  return isJsonObject(evaluation) && typeof evaluation.score === 'number' ? evaluation.score : undefined;
}

function readLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError('it must be a number from 1 to 100');
}

function readResults(text: string): string[] {
  const results = text.split(',').map((result) => result.trim());
  if (results.every((result) => ['pass', 'warning', 'fail'].includes(result))) return results;
  throw new InvalidArgumentError('write pass, warning or fail; several with commas');
}

function readLabel(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) };
  throw new InvalidArgumentError('write key=value');
}

function readTime(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('write it as 2006-01-02 or 2006-01-02T15:04:05Z');
}
