import { type SQL, sql } from 'drizzle-orm/sql';
import { all, type Database, equals, isoTime, rowsOf } from './database.ts';
import type { SequenceStartQuery, SequenceStartRow } from './store.ts';

type Row = Omit<SequenceStartRow, 'keptnContext' | 'eventId' | 'together'> & {
  context: string;
  event_id: string;
  together: SequenceStartRow['together'] | null;
};

/**
 * Gives a trigger the next place of its project and stage. The lock makes places visible in their order: who has read up to a
 * place will never find an earlier one afterwards, also with several servers over one database.
 */
export async function placeStart(
  database: Database,
  row: Omit<SequenceStartRow, 'withdrawn'>,
): Promise<void> {
  const { eventId, project, stage, service, sequence, keptnContext, time, together } = row;
  await database.execute(sql`insert into sequence_starts
    (event_id, project, stage, service, sequence, context, time, together)
    select ${eventId}, ${project}, ${stage}, ${service}, ${sequence}, ${keptnContext}, ${time}::timestamptz,
      ${together === undefined ? null : JSON.stringify(together)}::jsonb
    from (select pg_advisory_xact_lock(hashtextextended(${JSON.stringify([project, stage])}, 0)) as held) locked
    on conflict (event_id) do update set withdrawn = false`);
}

/** The newest `limit` that match, in the order of their places. */
export async function sequenceStarts(
  database: Database,
  query: SequenceStartQuery,
): Promise<SequenceStartRow[]> {
  const rows = await rowsOf<Row>(
    database,
    sql`select s.event_id, s.project, s.stage, s.service, s.sequence, s.context, s.together, s.withdrawn,
      ${isoTime(sql`s.time`)} as time
      from sequence_starts s where ${conditions(query)} order by s.place desc limit ${query.limit}`,
  );
  return rows.toReversed().map(({ context, event_id, together, ...row }) => ({
    ...row,
    eventId: event_id,
    keptnContext: context,
    ...(together === null || together === undefined ? {} : { together }),
  }));
}

function conditions(query: SequenceStartQuery): SQL {
  return all(
    equals(sql`s.project`, query.project),
    equals(sql`s.stage`, query.stage),
    equals(sql`s.service`, query.service),
    equals(sql`s.sequence`, query.sequence),
    equals(sql`s.context`, query.keptnContext),
    query.together === true ? sql`s.together is not null` : undefined,
  );
}
