import { z } from 'zod';
import type { JsonObject } from '../../contracts/json.ts';
import type { Endpoints } from './platform.ts';

// What the adapters send to the local platform in the supervisor of `slipway dev`, and what it answers. Each verb is one POST of
// JSON to /v1/<verb>; the answer is JSON lines: progress while it works, then one result or error.

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'is no name of a project, stage or service');

const ref = { project: name, stage: name, service: name };
const side = z.enum(['primary', 'canary']);
const percent = z.number().int().min(0).max(100);

export const processSchema = z.object({
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  readiness: z.object({ path: z.string(), timeoutSeconds: z.number().positive() }),
  metrics: z.object({ path: z.string() }),
  replicas: z.number().int().min(1),
  drainSeconds: z.number().min(0),
});

const relativePath = z.string().regex(/^(?!.*(^|\/)\.\.?(\/|$))[^/\0][^\0]*$/, 'is no relative path');

/** Request of each verb. */
export const verbs = {
  deploy: z.object({
    ...ref,
    strategy: z.enum(['direct', 'duplicate', 'user_managed']),
    process: processSchema,
    values: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
    files: z.array(z.object({ path: relativePath, base64: z.string() })),
    key: z.string().min(1),
  }),
  promote: z.object({ ...ref, key: z.string().min(1) }),
  retire: z.object({ ...ref, side }),
  scale: z.object({ ...ref, increment: z.number().int(), key: z.string().min(1) }),
  undeploy: z.object(ref),
  endpoints: z.object(ref),
  /** Result of an effect that was carried out under this key. */
  effect: z.object({ ...ref, key: z.string().min(1) }),
  weights: z.object({ ...ref, weights: z.object({ primary: percent, canary: percent }) }),
  observe: z.object(ref),
  drained: z.object({ ...ref, side }),
} as const;

export type Verb = keyof typeof verbs;
export type VerbRequest<V extends Verb> = z.infer<(typeof verbs)[V]>;

/** Result of each verb, as the line `{"result": …}` carries it. */
export interface VerbResult {
  deploy: { routed: string };
  promote: null;
  retire: null;
  scale: number;
  undeploy: null;
  endpoints: Endpoints | null;
  effect: { result: unknown } | null;
  weights: null;
  observe: { primary: number; canary: number } | null;
  drained: 'drained' | 'busy' | null;
}

/** One line of an answer. */
export const answerSchema = z.union([
  z.object({ progress: z.string() }),
  z.object({ result: z.unknown() }),
  z.object({
    error: z.object({ kind: z.enum(['terminal', 'retryable']), message: z.string() }),
  }),
]);

/** Largest request in bytes: the files of a service travel in it. */
export const MAX_REQUEST_BYTES = 20_000_000;
