import { z } from 'zod';
import { processSchema } from '../../activities/platform/local-protocol.ts';
import type { Endpoints } from '../../activities/platform/platform.ts';
import type { JsonObject } from '../../contracts/json.ts';

const sideSchema = z.object({
  /** Image, or what else tells the version apart. */
  version: z.string(),
  process: processSchema,
  values: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
  /** Working directory of the processes. */
  directory: z.string(),
  replicas: z.number().int().min(1),
});

/** What a side runs; enough to start it again. */
export type SideState = z.infer<typeof sideSchema>;

const serviceSchema = z.object({
  project: z.string(),
  stage: z.string(),
  service: z.string(),
  strategy: z.enum(['direct', 'duplicate', 'user_managed']),
  port: z.number().int(),
  weights: z.object({ primary: z.number(), canary: z.number() }),
  sides: z.object({ primary: sideSchema.optional(), canary: sideSchema.optional() }),
  /** Newest last: effects that were carried out, by idempotency key. */
  effects: z.array(z.object({ key: z.string(), result: z.unknown() })),
});

/** Everything that a restart of the supervisor must bring back of one service in one stage. */
export type ServiceState = z.infer<typeof serviceSchema>;

/** The file `platform.json` of the state directory. */
export const platformStateSchema = z.object({ version: z.literal(1), services: z.array(serviceSchema) });

/** Number of effects that are remembered per service: far more than one step's retries. */
export const REMEMBERED_EFFECTS = 100;

/** Addresses and readiness of a service whose sides listen on these ports. */
export function endpointsOf(
  state: ServiceState,
  running: { [side in 'primary' | 'canary']?: { ports: number[]; ready: boolean } },
): Endpoints {
  const address = (port: number | undefined) => (port === undefined ? {} : `http://127.0.0.1:${port}`);
  const of = (side: 'primary' | 'canary') => {
    const url = address(running[side]?.ports[0]);
    return typeof url === 'string' ? { [side]: url } : {};
  };
  const { primary, canary } = state.sides;
  return {
    routed: `http://127.0.0.1:${state.port}`,
    ...of('primary'),
    ...of('canary'),
    versions: {
      ...(primary === undefined ? {} : { primary: primary.version }),
      ...(canary === undefined ? {} : { canary: canary.version }),
    },
    ready: { primary: running.primary?.ready ?? false, canary: running.canary?.ready ?? false },
  };
}
