import type { EventData } from '../../contracts/events.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { coversType } from '../../files/event-cover.ts';
import type { Store } from '../../store/store.ts';
import { objectAt, textAt, textsAt } from './payload.ts';

/** Milliseconds without a ping after which an integration counts as gone (Keptn 1.4.5: UNIFORM_INTEGRATION_TTL). */
const INTEGRATION_LIFETIME_MS = 60_000;

/** An integration that is alive and subscribes to an event. */
export interface Subscriber {
  name: string;
  /** True when a subscription names exactly this event type, false when only a wildcard covers it. */
  exact: boolean;
}

/** The living integrations whose subscriptions cover an event of a project, stage and service; by name, without duplicates. */
export async function subscribers(
  store: Store,
  event: { type: string; data: EventData },
  now: number,
): Promise<Subscriber[]> {
  const found = new Map<string, Subscriber>();
  for (const { registration, lastSeen } of await store.registrations()) {
    if (now - Date.parse(lastSeen) > INTEGRATION_LIFETIME_MS) continue;
    const name = textAt(registration, 'name');
    const covering = subscriptionsOf(registration).filter((subscription) => covers(subscription, event));
    if (covering.length === 0) continue;
    const exact = covering.some((subscription) => textAt(subscription, 'event') === event.type);
    found.set(name, { name, exact: exact || (found.get(name)?.exact ?? false) });
  }
  return [...found.values()];
}

function subscriptionsOf(registration: JsonObject): JsonObject[] {
  const list: Json | undefined = registration.subscriptions;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function covers(subscription: JsonObject, event: { type: string; data: EventData }): boolean {
  const filter = objectAt(subscription, 'filter');
  const admits = (key: string, value: string): boolean => {
    const allowed = textsAt(filter, key);
    return allowed.length === 0 || allowed.includes(value);
  };
  return (
    coversType(textAt(subscription, 'event'), event.type) &&
    admits('projects', event.data.project) &&
    admits('stages', event.data.stage) &&
    admits('services', event.data.service)
  );
}
