import { sql } from 'drizzle-orm/sql';
import type { JsonObject } from '../contracts/json.ts';
import { all, between, type Database, equals, isoTime, rowsOf } from './database.ts';

/** Stores or replaces a registration, seen now. */
export async function saveRegistration(
  database: Database,
  id: string,
  registration: JsonObject,
): Promise<void> {
  await database.execute(sql`insert into registrations (id, registration) values (${id}, ${JSON.stringify(registration)}::jsonb)
    on conflict (id) do update set registration = excluded.registration, last_seen = now()`);
}

/** All registrations, sorted by id. */
export async function readRegistrations(
  database: Database,
): Promise<{ id: string; registration: JsonObject; lastSeen: string }[]> {
  return rowsOf(
    database,
    sql`select id, registration, ${isoTime(sql`last_seen`)} as "lastSeen" from registrations order by id`,
  );
}

/** Removes a registration; an unknown id is no error. */
export async function deleteRegistration(database: Database, id: string): Promise<void> {
  await database.execute(sql`delete from registrations where id = ${id}`);
}

/** Adds log entries and drops those older than 120 hours (Keptn 1.4.5 UNIFORM log TTL). */
export async function appendLogs(database: Database, entries: JsonObject[]): Promise<void> {
  if (entries.length === 0) return;
  await database.execute(sql`with expired as (delete from logs where time < now() - interval '120 hours')
    insert into logs (integration_id, entry)
    select coalesce(item ->> 'integrationid', ''), item from jsonb_array_elements(${JSON.stringify(entries)}::jsonb) item`);
}

/** Newest first, with the count of all that match. */
export async function readLogs(
  database: Database,
  query: { integrationId?: string; fromTime?: string; beforeTime?: string; limit: number; offset: number },
): Promise<{ entries: JsonObject[]; totalCount: number }> {
  const where = all(
    equals(sql`integration_id`, query.integrationId),
    between(sql`time`, query.fromTime, query.beforeTime),
    sql`time >= now() - interval '120 hours'`,
  );
  const [rows, counts] = await Promise.all([
    rowsOf<{ entry: JsonObject }>(
      database,
      sql`select entry || jsonb_build_object('time', ${isoTime(sql`time`)}) as entry from logs where ${where}
        order by seq desc limit ${query.limit} offset ${query.offset}`,
    ),
    rowsOf<{ count: number }>(database, sql`select count(*)::int as count from logs where ${where}`),
  ]);
  return { entries: rows.map((row) => row.entry), totalCount: counts[0]?.count ?? 0 };
}
