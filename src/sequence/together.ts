import { selects } from './follow-ups.ts';
import { isJsonObject, type JsonObject, textAt } from './json.ts';
import type { Result, Shipyard, TaskDefinition } from './types.ts';

/** Services that are promoted together or not at all, as `x-together` in the data of their triggers names them. */
export interface Group {
  /** The same for all of them. */
  id: string;
  services: string[];
}

/** How one service of a group fares at the task that waits for the others. */
export interface Arrival {
  service: string;
  result: Result;
}

const MAX_SERVICES = 50;

/** The group of a trigger, undefined when it has none, or what is wrong with it. */
export function readGroup(data: JsonObject): Group | { problem: string } | undefined {
  const written = data['x-together'];
  if (written === undefined || written === null) return undefined;
  const problem = `x-together is not {id, services}: 2 to ${MAX_SERVICES} different services with this one among them`;
  if (!isJsonObject(written) || !Array.isArray(written.services)) return { problem };
  const id = textAt(written, 'id');
  const services = written.services.filter((service) => typeof service === 'string');
  const usable =
    /^[\w.-]{1,100}$/.test(id) &&
    services.length === written.services.length &&
    services.length > 1 &&
    services.length <= MAX_SERVICES &&
    new Set(services).size === services.length &&
    services.includes(textAt(data, 'service'));
  return usable ? { id, services } : { problem };
}

/**
 * Index of the task whose end waits for the other services: the one before `release`, which makes a version final, else
 * the last one when a next stage follows on a pass. Undefined for a sequence that promotes nothing, such as a rollback.
 */
export function heldTask(
  shipyard: Shipyard,
  { stage, sequence, tasks }: { stage: string; sequence: string; tasks: readonly TaskDefinition[] },
): number | undefined {
  const release = tasks.findIndex(({ name }) => name === 'release');
  if (release > 0) return release - 1;
  const event = `${stage}.${sequence}.finished`;
  const last = tasks.at(-1);
  const promotes = shipyard.stages.some((other) =>
    other.sequences.some(({ triggeredOn }) =>
      triggeredOn.some(
        (trigger) =>
          trigger.event === event &&
          selects(trigger, { result: 'pass', ...(last === undefined ? {} : { lastTask: last }) }),
      ),
    ),
  );
  return promotes && tasks.length > 0 ? tasks.length - 1 : undefined;
}

/** The trigger of one service of a group, and how far it has come. */
export interface GroupStart {
  eventId: string;
  service: string;
  group: Group;
  /** In its queue, or refused. */
  placed: boolean;
  ended: boolean;
}

/**
 * Groups that began before the group of this trigger and still have to bring the same service to its queue; `starts` of one
 * stage in the order of their places. When no trigger overtakes them, groups stand in every queue in the order in which they
 * began, so that two of them never wait for each other. A group one of whose runs has ended is decided: it waits for nobody.
 */
export function groupsAhead(starts: readonly GroupStart[], eventId: string): Group[] {
  const own = starts.find((start) => start.eventId === eventId);
  if (own === undefined) return [];
  const members = new Map<string, GroupStart[]>();
  for (const start of starts) members.set(start.group.id, [...(members.get(start.group.id) ?? []), start]);
  const older: Group[] = [];
  for (const [id, runs] of members) {
    if (id === own.group.id) break;
    const group = runs[0]?.group;
    if (group === undefined || !group.services.includes(own.service)) continue;
    const isPlaced = runs.some(({ service, placed }) => service === own.service && placed);
    if (!isPlaced && !runs.some(({ ended }) => ended)) older.push(group);
  }
  return older;
}

/** The common result: fail as soon as one has failed, undefined while one is missing, else the worst; so all have the same follow-ups. */
export function commonResult(services: readonly string[], arrivals: readonly Arrival[]): Result | undefined {
  if (arrivals.some(({ result }) => result === 'fail')) return 'fail';
  if (!services.every((service) => arrivals.some((arrival) => arrival.service === service))) return undefined;
  return arrivals.some(({ result }) => result === 'warning') ? 'warning' : 'pass';
}
