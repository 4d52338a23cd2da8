import { sql } from 'drizzle-orm/sql';
import type { KeptnEvent } from '../contracts/events.ts';
import { all, type Database, equals, rowsOf } from './database.ts';
import type { OpenTrigger } from './store.ts';

type TriggerQuery = { type?: string; project?: string; stage?: string; service?: string; eventId?: string };

/** Open triggers that match, newest first. */
export async function openTriggers(database: Database, query: TriggerQuery): Promise<OpenTrigger[]> {
  const rows = await rowsOf<{ event: KeptnEvent; workflow_id: string }>(
    database,
    sql`select e.event, o.workflow_id from open_triggers o join events e on e.id = o.event_id
      where not o.closed and ${all(
        equals(sql`e.type`, query.type),
        equals(sql`e.project`, query.project),
        equals(sql`e.stage`, query.stage),
        equals(sql`e.service`, query.service),
        equals(sql`e.id`, query.eventId),
      )} order by e.time desc, e.seq desc`,
  );
  return rows.map((row) => ({ event: row.event, workflowId: row.workflow_id }));
}

/** Closes triggers for good, also those that are opened later. */
export async function closeTriggers(database: Database, eventIds: string[]): Promise<void> {
  if (eventIds.length === 0) return;
  await database.execute(sql`insert into open_triggers (event_id, workflow_id, closed)
    select id, '', true from jsonb_array_elements_text(${JSON.stringify(eventIds)}::jsonb) id order by id
    on conflict (event_id) do update set closed = true`);
}
