import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { connect } from './api-client.ts';
import { readLines } from './gate/lines.ts';
import { type ApiOptions, withApi, withExample } from './options.ts';
import { reasonOf } from './read-input.ts';
import { UsageError } from './usage-error.ts';

/** Evaluations and characters that one request carries: the server takes 7 MB. */
const BATCH_ROWS = 100;
const BATCH_LENGTH = 3_000_000;

type ExportOptions = ApiOptions & { project?: string; stage?: string; service?: string };

/** `slipway export evaluations` */
export function registerExport(program: Command): void {
  const group = program.command('export').helpCommand(false).description('take evaluations out');
  const command = group
    .command('evaluations')
    .description('print stored evaluations as NDJSON, newest first, with the invalidated ones')
    .option('-p, --project <name>', 'only this project')
    .option('--stage <name>', 'only this stage')
    .option('-s, --service <name>', 'only this service');
  withApi(command).action(async (options: ExportOptions) => {
    const { project, stage, service } = options;
    const rows = (await connect(options)).exportEvaluations({ project, stage, service });
    for await (const row of rows) {
      if (!process.stdout.write(`${JSON.stringify(row)}\n`)) await drained();
    }
  });
  withExample(command, 'slipway export evaluations --project podtato-head > evaluations.ndjson');
}

/** `slipway import evaluations` */
export function registerImport(program: Command): void {
  const group = program.command('import').helpCommand(false).description('bring evaluations in');
  const command = group
    .command('evaluations')
    .description('store exported evaluations; one that is there already stays as it is')
    .argument('<file>', 'NDJSON of slipway export evaluations; - reads stdin');
  withApi(command).action(async (file: string, options: ApiOptions) => {
    const client = await connect(options);
    let stored = 0;
    for await (const batch of batches(file)) stored += await client.importEvaluations(batch);
    const { printDone } = await import('./output/print.ts');
    printDone(options.output, { stored }, `${stored} evaluations imported.`);
  });
  withExample(command, 'slipway import evaluations evaluations.ndjson');
}

async function* batches(file: string): AsyncGenerator<JsonObject[]> {
  let rows: JsonObject[] = [];
  let length = 0;
  let number = 0;
  try {
    for await (const line of readLines(file === '-' ? process.stdin : createReadStream(file))) {
      number += 1;
      if (line.trim() === '') continue;
      if (rows.length === BATCH_ROWS || length + line.length > BATCH_LENGTH) {
        yield rows;
        [rows, length] = [[], 0];
      }
      rows.push(parseRow(line, `${file}:${number}`));
      length += line.length;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`, 'correct the path');
  }
  if (rows.length > 0) yield rows;
}

function parseRow(line: string, where: string): JsonObject {
  const hint = 'write one evaluation per line, as slipway export evaluations does';
  try {
    const row = JSON.parse(line) as Json;
    if (isJsonObject(row)) return row;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`${where}: the line is no JSON object`, hint);
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('drain', resolve));
}
