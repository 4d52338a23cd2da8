import { type SQL, sql } from 'drizzle-orm/sql';
import type { KeptnEvent } from '../contracts/events.ts';
import { all, between, type Database, equals, oneOf, rowsOf } from './database.ts';
import type { EventCount, EventPage, EventQuery } from './store.ts';

type AppendOptions = {
  openFor?: { eventId: string; workflowId: string }[];
  close?: string[];
  deliver?: string[];
};

/** Attributes that stand in columns of their own, by the name that the datastore's filter grammar uses. */
const COLUMNS: { [path: string]: SQL } = {
  'data.project': sql`e.project`,
  'data.stage': sql`e.stage`,
  'data.service': sql`e.service`,
  shkeptncontext: sql`e.context`,
  triggeredid: sql`e.triggered_id`,
  source: sql`e.source`,
  type: sql`e.type`,
  id: sql`e.id`,
};

/** Keptn 1.4.5: the first event of a context that names a project, whatever its type. */
const IS_ROOT = sql`e.type like 'sh.keptn.%' and e.project <> '' and not exists (select 1 from events f
  where f.context = e.context and f.project = e.project and f.type like 'sh.keptn.%' and f.seq < e.seq)`;

/** One statement, so that events, open triggers, what has to be delivered and views change together or not at all. */
export async function appendEvents(
  database: Database,
  events: KeptnEvent[],
  options: AppendOptions = {},
): Promise<string[]> {
  if (events.length === 0 && !options.close?.length) return [];
  const rows = events.map((event, order) => ({ ord: order, event }));
  const inserted = await rowsOf<{ id: string }>(
    database,
    sql`with input as (
      select (item ->> 'ord')::int as ord, item -> 'event' as event from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) item
    ), fields as (
      select ord, event, event ->> 'id' as id, event ->> 'type' as type, event ->> 'source' as source,
        coalesce(event #>> '{data,project}', '') as project, coalesce(event #>> '{data,stage}', '') as stage,
        coalesce(event #>> '{data,service}', '') as service, event ->> 'shkeptncontext' as context,
        coalesce(event ->> 'triggeredid', '') as triggered_id, (event ->> 'time')::timestamptz as time
      from input
    ), stored as (
      insert into events (id, type, source, project, stage, service, context, triggered_id, time, event)
      select id, type, source, project, stage, service, context, triggered_id, time, event from fields order by ord
      on conflict (id) do nothing returning id
    ), delivering as (
      insert into undelivered (event_id)
      select id from stored where id in (select jsonb_array_elements_text(${JSON.stringify(options.deliver ?? [])}::jsonb))
    ), opened as (
      insert into open_triggers (event_id, workflow_id)
      select item ->> 'eventId', item ->> 'workflowId'
      from jsonb_array_elements(${JSON.stringify(options.openFor ?? [])}::jsonb) item
      on conflict (event_id) do nothing
    ), closed as (
      insert into open_triggers (event_id, workflow_id, closed)
      select id, '', true from jsonb_array_elements_text(${JSON.stringify(options.close ?? [])}::jsonb) id order by id
      on conflict (event_id) do update set closed = true
    ), last as (
      insert into last_events (project, stage, service, type, event_id, context, time)
      select distinct on (project, stage, service, type) project, stage, service, type, id, context, time from fields
      where project <> '' and stage <> '' and service <> ''
      order by project, stage, service, type, ord desc
      on conflict (project, stage, service, type) do update
        set event_id = excluded.event_id, context = excluded.context, time = excluded.time
        where excluded.time >= last_events.time
    ), deployed as (
      insert into deployed_images (project, stage, service, image, time)
      select distinct on (f.project, f.stage, f.service) f.project, f.stage, f.service,
        t.event #>> '{data,configurationChange,values,image}', f.time
      from fields f join events t on t.id = f.triggered_id
      where f.type = 'sh.keptn.event.deployment.finished' and coalesce(f.event #>> '{data,result}', '') <> 'fail'
        and t.event #>> '{data,configurationChange,values,image}' is not null
      order by f.project, f.stage, f.service, f.ord desc
      on conflict (project, stage, service) do update set image = excluded.image, time = excluded.time
        where excluded.time >= deployed_images.time
    )
    select id from stored`,
  );
  return inserted.map((row) => row.id);
}

/** Newest first with the count of all that match. */
export async function queryEvents(database: Database, query: EventQuery): Promise<EventPage> {
  const where = conditions(query);
  const [rows, counts] = await Promise.all([
    rowsOf<{ event: KeptnEvent }>(
      database,
      sql`select e.event from events e where ${where} order by e.time desc, e.seq desc limit ${query.limit} offset ${query.offset}`,
    ),
    rowsOf<{ count: number }>(database, sql`select count(*)::int as count from events e where ${where}`),
  ]);
  return { events: rows.map((row) => row.event), totalCount: counts[0]?.count ?? 0 };
}

function conditions(query: EventQuery): SQL {
  return all(
    equals(sql`e.project`, query.project),
    equals(sql`e.stage`, query.stage),
    equals(sql`e.service`, query.service),
    equals(sql`e.type`, query.type),
    equals(sql`e.source`, query.source),
    equals(sql`e.context`, query.keptnContext),
    equals(sql`e.id`, query.eventId),
    between(sql`e.time`, query.fromTime, query.beforeTime),
    query.root ? IS_ROOT : undefined,
    ...(query.filter ?? []).map(({ path, values }) => oneOf(columnOf(path), values)),
    query.excludeInvalidated
      ? sql`not exists (select 1 from events i where i.triggered_id in (e.triggered_id, e.id) and i.triggered_id <> ''
          and i.project = e.project and i.type like '%.invalidated')`
      : undefined,
  );
}

function columnOf(path: string): SQL {
  return COLUMNS[path] ?? sql`(e.event #>> string_to_array(${path}, '.'))`;
}

/** Removes an event and what the views took from it. */
export async function withdrawEvent(database: Database, id: string): Promise<void> {
  await database.execute(sql`with gone as (delete from events where id = ${id}),
    started as (update sequence_starts set withdrawn = true where event_id = ${id})
    delete from last_events where event_id = ${id}`);
}

/** Oldest first. */
export async function undelivered(database: Database, limit: number): Promise<KeptnEvent[]> {
  const rows = await rowsOf<{ event: KeptnEvent }>(
    database,
    sql`select e.event from undelivered u join events e on e.id = u.event_id order by e.seq limit ${limit}`,
  );
  return rows.map((row) => row.event);
}

/** Forgets that the events still had to be handed over. */
export async function markDelivered(database: Database, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await database.execute(
    sql`delete from undelivered where event_id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`,
  );
}

/** Events per project, service, type and source in a span of time. */
export async function eventCounts(
  database: Database,
  query: { fromTime?: string; beforeTime?: string },
): Promise<EventCount[]> {
  return rowsOf<EventCount>(
    database,
    sql`select e.project, e.service, e.type, e.source, count(*)::int as count from events e
      where ${all(between(sql`e.time`, query.fromTime, query.beforeTime))} and e.project <> ''
      group by e.project, e.service, e.type, e.source order by e.project, e.service, e.type, e.source`,
  );
}
