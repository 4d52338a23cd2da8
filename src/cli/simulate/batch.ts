import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { parseEventType } from '../../contracts/events.ts';
import { type JsonObject, textAt } from '../../sequence/json.ts';
import { simulate } from '../../sequence/simulate.ts';
import { readLines } from '../gate/lines.ts';
import { SimulateInputError } from './errors.ts';
import { readBatchCase } from './schemas.ts';
import { usableShipyard } from './shipyard-input.ts';

/** How many cases a batch played and how many of its lines could not be used. */
export interface BatchSummary {
  readonly cases: number;
  readonly errors: number;
}

/**
 * Plays one JSON case per line and writes one JSON line with the events that the engine would send, as the
 * lines come. A line that cannot be used gives `{"id", "error"}` and the rest goes on.
 */
export async function runBatch(input: Readable, output: Writable): Promise<BatchSummary> {
  let cases = 0;
  let errors = 0;
  for await (const line of readLines(input)) {
    if (line.trim() === '') continue;
    const answer = simulateLine(line, cases + errors + 1);
    if ('error' in answer) errors += 1;
    else cases += 1;
    if (!output.write(`${JSON.stringify(answer)}\n`)) await once(output, 'drain');
  }
  return { cases, errors };
}

/** The events of one case, or what is wrong with its line; `number` counts from 1 and is used in messages. */
export function simulateLine(line: string, number: number): object {
  let id: { id?: unknown } = {};
  try {
    const value = parseLine(line, number);
    if (typeof value === 'object' && value !== null && 'id' in value) id = { id: value.id };
    return { ...id, ...simulateCase(value) };
  } catch (error) {
    if (!(error instanceof SimulateInputError)) throw error;
    return { ...id, error: error.message };
  }
}

function simulateCase(value: unknown): object {
  const { shipyard: written, trigger, responses } = readBatchCase(value);
  const text = typeof written === 'string' ? written : JSON.stringify(written);
  const { shipyard } = usableShipyard(text, 'shipyard');
  const target = parseEventType(trigger.type);
  if (target?.of !== 'sequence' || target.kind !== 'triggered') {
    throw new SimulateInputError(
      `trigger.type: "${trigger.type}" is not sh.keptn.event.<stage>.<sequence>.triggered`,
    );
  }
  const { sequence } = target;
  const scope = scopeOfData(trigger.data);
  const result = simulate({
    shipyard,
    trigger: { ...scope, stage: target.stage, sequence, data: trigger.data },
    responses,
  });
  return {
    order: result.events.map(({ type, stage }) => `${type} @${stage}`),
    events: result.events.map(({ at: _at, run: _run, ...event }) => event),
    ...(result.stopped.length === 0 ? {} : { stopped: result.stopped }),
  };
}

/** Keptn 1.4.5 ignored an event without project, stage or service. */
function scopeOfData(data: JsonObject): { project: string; service: string } {
  const missing = ['project', 'stage', 'service'].filter((key) => textAt(data, key) === '');
  if (missing.length > 0) {
    throw new SimulateInputError(`trigger.data: invalid event scope: ${missing.join(', ')} missing`);
  }
  return { project: textAt(data, 'project'), service: textAt(data, 'service') };
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SimulateInputError(`line ${number}: not JSON: ${reason}`);
  }
}
