import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { evaluateGate } from '../../gate/evaluate.ts';
import { GateInputError } from './errors.ts';
import { isRecord, type JsonRecord, parseJson, readRecord, readString } from './json-reader.ts';
import { readLines } from './lines.ts';
import { readGetSli, readPreviousEvaluations, readSliResults } from './read-results.ts';
import { SloCache } from './slo-cache.ts';
import { verdictJson } from './verdict-json.ts';

/** How many cases a batch judged and how many of its lines could not be used. */
export interface BatchSummary {
  readonly cases: number;
  readonly errors: number;
}

const OUTPUT_CHUNK = 64 * 1024;

/**
 * Judges one JSON case per line and writes one JSON verdict per line, in constant memory. A line that cannot
 * be used gives `{"id", "error"}` and the rest goes on; a slo.yaml that Keptn refuses gives Keptn's verdict.
 */
export async function runBatch(input: Readable, output: Writable): Promise<BatchSummary> {
  const cache = new SloCache();
  let pending = '';
  let cases = 0;
  let errors = 0;
  let number = 0;
  for await (const line of readLines(input)) {
    number++;
    if (line.trim() === '') continue;
    const answer = judgeLine(line, number, cache);
    if ('error' in answer) errors++;
    else cases++;
    pending += `${JSON.stringify(answer)}\n`;
    if (pending.length >= OUTPUT_CHUNK) {
      if (!output.write(pending)) await once(output, 'drain');
      pending = '';
    }
  }
  if (pending !== '' && !output.write(pending)) await once(output, 'drain');
  return { cases, errors };
}

/** The verdict on one line, or what is wrong with the line. */
export function judgeLine(line: string, number: number, cache: SloCache): object {
  let id: unknown;
  try {
    const parsed = parseJson(line, `line ${number}`);
    if (isRecord(parsed)) id = parsed.id;
    const record = readRecord(parsed, `line ${number}`);
    return { ...(id === undefined ? {} : { id }), ...judgeCase(record, cache) };
  } catch (error) {
    if (!(error instanceof GateInputError)) throw error;
    return { ...(id === undefined ? {} : { id }), error: error.message };
  }
}

function judgeCase(record: JsonRecord, cache: SloCache): object {
  const text = readString(record.slo, 'slo');
  const { parsed, compiled } = cache.prepare(text === '' ? null : text);
  const verdict = evaluateGate({
    slo: compiled,
    ...(parsed.sloProblem === undefined ? {} : { sloProblem: parsed.sloProblem }),
    sliResults: readSliResults(record.sliResults, 'sliResults'),
    previousResults: readPreviousEvaluations(record.previousResults, 'previousResults'),
    getSli: readGetSli(record.getSli, 'getSli'),
    project: readString(record.project, 'project'),
    stage: readString(record.stage, 'stage'),
    service: readString(record.service, 'service'),
  });
  return verdictJson(verdict, parsed.slo);
}
