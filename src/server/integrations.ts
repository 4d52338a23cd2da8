import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../contracts/json.ts';
import type { ServerContext } from './context.ts';
import { ApiError } from './errors.ts';

/** An integration that was not seen for so long is gone with its subscriptions (Keptn 1.4.5: UNIFORM_INTEGRATION_TTL). */
const LIFETIME_MS = 60_000;

const names = z.preprocess((value) => value ?? [], z.array(z.string().max(500)).max(1000));

/** A subscription: empty lists of the filter mean no restriction. */
export const subscriptionSchema = z.object({
  id: z.preprocess((value) => value ?? '', z.string().max(200)),
  event: z.string().min(1).max(500),
  filter: z.preprocess((value) => value ?? {}, z.object({ projects: names, stages: names, services: names })),
});

/** A registration; null and missing lists are the same. */
export const integrationSchema = z.object({
  name: z.preprocess((value) => value ?? '', z.string().max(500)),
  metadata: z.preprocess(
    (value) => value ?? {},
    z.looseObject({
      hostname: z.string().max(500).optional(),
      kubernetesmetadata: z.looseObject({ namespace: z.string().max(500).optional() }).nullish(),
    }),
  ),
  subscriptions: z.preprocess((value) => value ?? [], z.array(subscriptionSchema).max(1000)),
});

export type Subscription = z.infer<typeof subscriptionSchema>;
export type Integration = z.infer<typeof integrationSchema>;

/** The integrations that are alive; rows of dead ones are removed on the way. */
export class Integrations {
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Alive integrations with their ids. After a start of the server everybody has the full time to be seen again. */
  async list(): Promise<(Integration & { id: string })[]> {
    const { store, now, startedAt } = this.#context;
    const alive: (Integration & { id: string })[] = [];
    for (const { id, registration, lastSeen } of await store.registrations()) {
      const seen = Math.max(Date.parse(lastSeen), startedAt);
      if (now().getTime() - seen > LIFETIME_MS) await store.deleteRegistration(id);
      else alive.push({ ...withLastSeen(integrationSchema.parse(registration), lastSeen), id });
    }
    return alive;
  }

  /** The integration of an id; throws ApiError 404. */
  async get(id: string): Promise<Integration & { id: string }> {
    const found = (await this.list()).find((one) => one.id === id);
    if (found) return found;
    throw new ApiError(404, `integration with id ${id} not found: register it again`);
  }

  /**
   * Keptn 1.4.5: identity is name and namespace. One that is there keeps its id and its subscriptions (the newcomer's count
   * only when it has none) and takes over the versions; a new id is the SHA-1 of name, namespace and host.
   */
  async register(body: Integration): Promise<{ id: string; created: boolean }> {
    const namespace = body.metadata.kubernetesmetadata?.namespace ?? '';
    const hostname = body.metadata.hostname ?? '';
    if (body.name === '' || namespace === '' || hostname === '') {
      throw new ApiError(
        400,
        "incomplete integration ID. At least 'name','namespace' and 'nodename' must be set",
      );
    }
    const known = (await this.list()).find(
      (one) => one.name === body.name && one.metadata.kubernetesmetadata?.namespace === namespace,
    );
    if (known) {
      const subscriptions = known.subscriptions.length > 0 ? known.subscriptions : body.subscriptions;
      await this.save(known.id, { ...known, metadata: body.metadata, subscriptions });
      return { id: known.id, created: false };
    }
    const id = createHash('sha1').update(`${body.name}-${namespace}-${hostname}`).digest('hex');
    await this.save(id, body);
    return { id, created: true };
  }

  /** Stores it as seen now, with an id for every subscription. */
  async save(id: string, integration: Integration): Promise<void> {
    const { name, metadata, subscriptions } = integration;
    const named = subscriptions.map((one) => ({ ...one, id: one.id === '' ? randomUUID() : one.id }));
    await this.#context.store.saveRegistration(id, { name, metadata, subscriptions: named } as JsonObject);
  }
}

function withLastSeen(integration: Integration, lastseen: string): Integration {
  return { ...integration, metadata: { ...integration.metadata, lastseen } };
}
