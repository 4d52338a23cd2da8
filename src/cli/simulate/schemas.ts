import { z } from 'zod';
import { type Json, type JsonObject, MAX_JSON_DEPTH, nestsDeeperThan } from '../../sequence/json.ts';
import type { ScriptedResponse } from '../../sequence/simulate.ts';
import { SimulateInputError } from './errors.ts';

/** Keys of event data are free; how deep it nests is not. */
const jsonObject = z.custom<JsonObject>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !nestsDeeperThan(value as Json, MAX_JSON_DEPTH),
  { error: `must be an object nested no deeper than ${MAX_JSON_DEPTH} levels` },
);

const event = z.object({
  kind: z.enum(['started', 'finished']),
  source: z.string().default('responder'),
  result: z.string().optional(),
  status: z.string().optional(),
  data: jsonObject.nullish(),
  id: z.string().optional(),
});

const response = z.object({
  stage: z.string(),
  task: z.string(),
  occurrence: z.int().min(1).optional(),
  events: z.array(event).optional(),
  /** Short form: one responder that started, and finished with this. */
  result: z.string().optional(),
  status: z.string().optional(),
  data: jsonObject.nullish(),
});

const responses = z.array(response);

const batchCase = z.object({
  shipyard: z.union([z.string(), jsonObject], { error: 'must be the text of a shipyard' }),
  trigger: z.object({ type: z.string(), data: jsonObject }),
  responses: responses.nullish(),
});

/** One case of a batch, its shape checked. */
export interface BatchCase {
  shipyard: string | JsonObject;
  trigger: { type: string; data: JsonObject };
  responses: ScriptedResponse[];
}

/** Checks one case of a batch. @throws SimulateInputError that names the first wrong place */
export function readBatchCase(value: unknown): BatchCase {
  const read = check(batchCase, value, 'case');
  return { ...read, responses: (read.responses ?? []).map(scripted) };
}

/** Checks a list of responses, or a mapping with the key `responses`. @throws SimulateInputError */
export function readResponses(value: unknown, file: string): ScriptedResponse[] {
  const list = typeof value === 'object' && value !== null && 'responses' in value ? value.responses : value;
  return check(responses, list, file).map(scripted);
}

/** Checks the data of a trigger. @throws SimulateInputError */
export function readData(value: unknown, file: string): JsonObject {
  return check(jsonObject, value, file);
}

function scripted(read: z.infer<typeof response>): ScriptedResponse {
  const { stage, task, occurrence, result, status, data } = read;
  const shortForm: z.infer<typeof event>[] = [
    { kind: 'started', source: 'responder' },
    { kind: 'finished', source: 'responder', result: result ?? 'pass', status: status ?? 'succeeded', data },
  ];
  return {
    stage,
    task,
    ...(occurrence === undefined ? {} : { occurrence }),
    events: (read.events ?? shortForm).map((item) => ({
      kind: item.kind,
      source: item.source,
      ...(item.result === undefined ? {} : { result: item.result }),
      ...(item.status === undefined ? {} : { status: item.status }),
      ...(item.data === undefined || item.data === null ? {} : { data: item.data }),
      ...(item.id === undefined ? {} : { id: item.id }),
    })),
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  throw new SimulateInputError(
    `${place}${path === '' ? '' : `: ${path}`}: ${issue?.message ?? 'not usable'}`,
  );
}
