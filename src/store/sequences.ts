import { type SQL, sql } from 'drizzle-orm/sql';
import { all, between, type Database, equals, isoTime, oneOf, rowsOf } from './database.ts';
import type { SequenceQuery, SequenceStateRow } from './store.ts';

type Row = Omit<SequenceStateRow, 'keptnContext' | 'workflowId' | 'status' | 'result'> & {
  context: string;
  workflow_id: string;
  status: string | null;
  result: string | null;
};

/** Inserts or replaces by workflow id, unless the stored row is newer. */
export async function saveSequenceState(database: Database, row: SequenceStateRow): Promise<void> {
  await database.execute(sql`insert into sequence_states
    (workflow_id, project, service, context, stage, sequence, state, status, result, time)
    values (${row.workflowId}, ${row.project}, ${row.service}, ${row.keptnContext}, ${row.stage}, ${row.sequence},
      ${row.state}, ${row.status ?? null}, ${row.result ?? null}, ${row.time}::timestamptz)
    on conflict (workflow_id) do update set state = excluded.state, status = excluded.status, result = excluded.result,
      time = excluded.time where excluded.time >= sequence_states.time`);
}

/** Newest first, by when the sequence was first seen. */
export async function sequenceStates(database: Database, query: SequenceQuery): Promise<SequenceStateRow[]> {
  const rows = await rowsOf<Row>(
    database,
    sql`select s.project, s.service, s.context, s.stage, s.sequence, s.workflow_id, s.state, s.status, s.result,
      ${isoTime(sql`s.time`)} as time
      from sequence_states s where ${conditions(query)} order by s.seq desc limit ${query.limit} offset ${query.offset}`,
  );
  return rows.map(({ context, workflow_id, status, result, ...row }) => ({
    ...row,
    keptnContext: context,
    workflowId: workflow_id,
    ...(status === null ? {} : { status }),
    ...(result === null ? {} : { result }),
  }));
}

function conditions(query: SequenceQuery): SQL {
  return all(
    equals(sql`s.project`, query.project),
    equals(sql`s.context`, query.keptnContext),
    oneOf(sql`s.context`, query.keptnContexts),
    equals(sql`s.stage`, query.stage),
    equals(sql`s.service`, query.service),
    equals(sql`s.sequence`, query.name),
    equals(sql`s.state`, query.state),
    between(sql`s.time`, query.fromTime, query.beforeTime),
  );
}
