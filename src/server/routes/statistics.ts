import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '../../contracts/json.ts';
import type { EventCount } from '../../store/store.ts';
import type { ServerContext } from '../context.ts';
import { queryOf, timeParameter } from '../paging.ts';

const SEQUENCE_TRIGGERED = /^sh\.keptn\.event\.[^.]+\.([^.]+)\.triggered$/;

/** Events and sequences per service in a span of time (Keptn's statistics-service; `from` and `to` are Unix seconds there). */
export function registerStatistics(app: FastifyInstance, { store }: ServerContext): void {
  app.get('/statistics/v1/statistics', async (request) => {
    const { from, to } = queryOf(request.query);
    const fromTime = moment(from, 'from');
    const beforeTime = moment(to, 'to');
    const counts = await store.eventCounts({
      ...(fromTime ? { fromTime } : {}),
      ...(beforeTime ? { beforeTime } : {}),
    });
    const projects = [...new Set(counts.map((count) => count.project))];
    return {
      from: fromTime ?? '',
      to: beforeTime ?? '',
      projects: projects.map((name) => projectStatistics(name, counts)),
    };
  });
}

function moment(text: string | undefined, name: string): string | undefined {
  if (text !== undefined && /^\d{1,11}$/.test(text)) return new Date(Number(text) * 1000).toISOString();
  return timeParameter(text, name);
}

function projectStatistics(name: string, counts: EventCount[]): JsonObject {
  const mine = counts.filter((count) => count.project === name);
  const services = [...new Set(mine.map((count) => count.service))];
  return { name, services: services.map((service) => serviceStatistics(service, mine)) };
}

function serviceStatistics(name: string, counts: EventCount[]): JsonObject {
  const mine = counts.filter((count) => count.service === name);
  const perType = sums(mine, (count) => count.type);
  const sequences = sums(mine, (count) => SEQUENCE_TRIGGERED.exec(count.type)?.[1]);
  const executors = sums(
    mine.filter((count) => count.type.endsWith('.started')),
    (count) => count.source,
  );
  return {
    name,
    events: perType.map(([type, count]) => ({ type, count })),
    executedSequences: sequences.reduce((total, [, count]) => total + count, 0),
    executedSequencesPerType: sequences.map(([type, count]) => ({ type, count })),
    keptnServiceExecutions: executors.map(([executor, count]) => ({ name: executor, count })),
  };
}

function sums(counts: EventCount[], keyOf: (count: EventCount) => string | undefined): [string, number][] {
  const totals = new Map<string, number>();
  for (const count of counts) {
    const key = keyOf(count);
    if (key !== undefined) totals.set(key, (totals.get(key) ?? 0) + count.count);
  }
  return [...totals];
}
