import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type EventData, KEPTN_SPEC_VERSION, type KeptnEvent } from '../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { ApiError } from './errors.ts';
import { keptnContextOf, uuidOf } from './keptn-context.ts';

/** Source of events that name none. */
export const API_SOURCE = 'https://github.com/keptn/keptn/api';

/** Nested deeper, an event is hostile rather than useful, and the database could not store it. */
const MAX_DEPTH = 64;
const NUL = String.fromCharCode(0);

/** Keptn's clients send null for what they leave out; fields that are not named here are dropped, id and time are replaced. */
const incoming = z.object({
  type: z.string().min(1).max(500),
  source: z.string().max(2000).nullish(),
  shkeptncontext: z.string().max(500).nullish(),
  shkeptnspecversion: z.string().max(100).nullish(),
  triggeredid: z.string().max(500).nullish(),
  gitcommitid: z.string().max(200).nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * The event as it is stored: new id, time of now in milliseconds, the context derived. Sent again with the same
 * `Idempotency-Key` it has the same id and context, so that it is taken once. Throws ApiError 400.
 */
export function readEvent(body: unknown, now: Date, key?: string): KeptnEvent {
  if (!isJsonObject(body as Json | undefined))
    throw new ApiError(400, 'Invalid request format: the body is no event');
  const parsed = incoming.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ApiError(
      400,
      `Invalid request format: ${issue?.path.join('.') ?? ''} in body: ${issue?.message ?? ''}`,
    );
  }
  const { source, shkeptncontext, shkeptnspecversion, triggeredid, gitcommitid } = parsed.data;
  refuseUnstorable(body);
  return {
    id: key === undefined ? randomUUID() : uuidOf(`event ${key}`),
    type: parsed.data.type,
    source: source || API_SOURCE,
    specversion: '1.0',
    contenttype: 'application/json',
    time: now.toISOString(),
    shkeptncontext: keptnContextOf(
      shkeptncontext || (key === undefined ? undefined : uuidOf(`context ${key}`)),
    ),
    shkeptnspecversion: shkeptnspecversion || KEPTN_SPEC_VERSION,
    ...(triggeredid ? { triggeredid } : {}),
    ...(gitcommitid ? { gitcommitid } : {}),
    data: readData(parsed.data.data as JsonObject | null | undefined),
  };
}

/** What names the request of a client that sends it again. Throws ApiError 400. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{8,200}$/.test(header)) return header;
  throw new ApiError(400, 'Idempotency-Key must be 8 to 200 printable characters without blanks');
}

/** Project, stage and service become texts; labels of null are left out, since the model knows them as a map only. */
function readData(data: JsonObject | null | undefined): EventData {
  const { labels, ...rest } = data ?? {};
  const name = (key: string): string => {
    const value = rest[key];
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value;
    throw new ApiError(400, `Invalid request format: data.${key} must be a text`);
  };
  if (labels !== undefined && labels !== null && !isJsonObject(labels)) {
    throw new ApiError(400, 'Invalid request format: data.labels must be an object');
  }
  return {
    ...rest,
    project: name('project'),
    stage: name('stage'),
    service: name('service'),
    ...(isJsonObject(labels) ? { labels: labels as { [key: string]: string } } : {}),
  };
}

function refuseUnstorable(value: unknown, depth = 0): void {
  if (depth > MAX_DEPTH)
    throw new ApiError(400, `Invalid request format: nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'string' && value.includes(NUL)) {
    throw new ApiError(400, 'Invalid request format: a text contains a NUL character');
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    refuseUnstorable(key, depth);
    refuseUnstorable(item, depth + 1);
  }
}
