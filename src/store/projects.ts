import { sql } from 'drizzle-orm/sql';
import { type Database, isoTime, rowsOf } from './database.ts';
import type { EventReference, ProjectRow, ServiceRow, ServiceView } from './store.ts';

type Row = {
  name: string;
  creation_date: string;
  stages: string[];
  shipyard: string;
  shipyard_version: string;
  sli_provider: string | null;
  upstream_url: string | null;
  upstream_user: string | null;
};

/** Inserts or replaces by name; the creation date of an existing project stays. */
export async function saveProject(database: Database, row: ProjectRow): Promise<void> {
  await database.execute(sql`insert into projects
    (name, creation_date, stages, shipyard, shipyard_version, sli_provider, upstream_url, upstream_user)
    values (${row.name}, ${row.creationDate}, ${JSON.stringify(row.stages)}::jsonb, ${row.shipyard}, ${row.shipyardVersion},
      ${row.sliProvider ?? null}, ${row.upstreamUrl ?? null}, ${row.upstreamUser ?? null})
    on conflict (name) do update set stages = excluded.stages, shipyard = excluded.shipyard,
      shipyard_version = excluded.shipyard_version, sli_provider = excluded.sli_provider,
      upstream_url = excluded.upstream_url, upstream_user = excluded.upstream_user`);
}

/** All projects sorted by name, or the one of that name. */
export async function readProjects(database: Database, name?: string): Promise<ProjectRow[]> {
  const rows = await rowsOf<Row>(
    database,
    sql`select name, creation_date, stages, shipyard, shipyard_version, sli_provider, upstream_url, upstream_user
      from projects where ${name === undefined ? sql`true` : sql`name = ${name}`} order by name`,
  );
  return rows.map((row) => ({
    name: row.name,
    creationDate: row.creation_date,
    stages: row.stages,
    shipyard: row.shipyard,
    shipyardVersion: row.shipyard_version,
    ...(row.sli_provider === null ? {} : { sliProvider: row.sli_provider }),
    ...(row.upstream_url === null ? {} : { upstreamUrl: row.upstream_url }),
    ...(row.upstream_user === null ? {} : { upstreamUser: row.upstream_user }),
  }));
}

/** Removes the project and everything that carries its name, so that a new one of that name starts clean. */
export async function deleteProject(database: Database, name: string): Promise<void> {
  await database.execute(sql`with
    states as (delete from sequence_states where project = ${name}),
    starts as (delete from sequence_starts where project = ${name}),
    evaluated as (delete from evaluations where project = ${name}),
    last as (delete from last_events where project = ${name}),
    images as (delete from deployed_images where project = ${name}),
    members as (delete from services where project = ${name}),
    history as (delete from events where project = ${name} returning id),
    open as (delete from open_triggers where event_id in (select id from history))
    delete from projects where name = ${name}`);
}

/** Inserts by project and name; the same service again changes nothing. */
export async function saveService(database: Database, row: ServiceRow): Promise<void> {
  await database.execute(sql`insert into services (project, name, creation_date)
    values (${row.project}, ${row.name}, ${row.creationDate}) on conflict do nothing`);
}

/** Sorted by name. */
export async function readServices(database: Database, project: string): Promise<ServiceRow[]> {
  return rowsOf<ServiceRow>(
    database,
    sql`select name, project, creation_date as "creationDate" from services where project = ${project} order by name`,
  );
}

/** Removes the service from the project's list and views; its history stays. */
export async function deleteService(database: Database, project: string, name: string): Promise<void> {
  await database.execute(sql`with
    last as (delete from last_events where project = ${project} and service = ${name}),
    images as (delete from deployed_images where project = ${project} and service = ${name})
    delete from services where project = ${project} and name = ${name}`);
}

/** The newest event of each type and the deployed image, per stage and service. */
export async function serviceViews(database: Database, project: string): Promise<ServiceView[]> {
  const rows = await rowsOf<{
    stage: string;
    service: string;
    events: EventReference[];
    image: string | null;
  }>(
    database,
    sql`select l.stage, l.service, jsonb_agg(jsonb_build_object('eventId', l.event_id, 'keptnContext', l.context,
        'type', l.type, 'time', ${isoTime(sql`l.time`)}) order by l.time desc) as events, min(d.image) as image
      from last_events l
      left join deployed_images d on d.project = l.project and d.stage = l.stage and d.service = l.service
      where l.project = ${project} group by l.stage, l.service`,
  );
  return rows.map((row) => ({
    stage: row.stage,
    service: row.service,
    lastEvents: row.events,
    ...(row.image === null ? {} : { deployedImage: row.image }),
  }));
}
