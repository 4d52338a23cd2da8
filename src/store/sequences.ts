import { type SQL, sql } from 'drizzle-orm/sql';
import { all, between, type Database, equals, isoTime, oneOf, rowsOf } from './database.ts';
import type { EventReference, SequenceQuery, SequenceStateRow, StageActivity } from './store.ts';

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

/** Contexts with a matching sequence, newest first. */
export async function sequenceContexts(
  database: Database,
  query: SequenceQuery,
): Promise<{ keptnContexts: string[]; totalCount: number }> {
  const rows = await rowsOf<{ context: string; total: number }>(
    database,
    sql`select s.context, count(*) over ()::int as total from sequence_states s where ${conditions(query)}
      group by s.context order by min(s.seq) desc limit ${query.limit} offset ${query.offset}`,
  );
  const totalCount = rows[0]?.total ?? (query.offset > 0 ? await countContexts(database, query) : 0);
  return { keptnContexts: rows.map((row) => row.context), totalCount };
}

async function countContexts(database: Database, query: SequenceQuery): Promise<number> {
  const rows = await rowsOf<{ count: number }>(
    database,
    sql`select count(distinct s.context)::int as count from sequence_states s where ${conditions(query)}`,
  );
  return rows[0]?.count ?? 0;
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

type ActivityRow = {
  context: string;
  stage: string;
  first: string;
  latest: EventReference | null;
  failed: EventReference | null;
  image: string | null;
  problem: string | null;
};

/** Newest and newest failed event, image and problem per context and stage. */
export async function stageActivity(
  database: Database,
  project: string,
  keptnContexts: string[],
): Promise<StageActivity[]> {
  if (keptnContexts.length === 0) return [];
  const rows = await rowsOf<ActivityRow>(
    database,
    sql`with mine as (
      select e.context, e.stage, e.seq, e.event, jsonb_build_object('eventId', e.id, 'keptnContext', e.context,
        'type', e.type, 'time', e.event ->> 'time') as reference
      from events e where e.project = ${project} and e.stage <> '' and ${all(oneOf(sql`e.context`, keptnContexts))}
    )
    select context, stage,
      (array_agg(event ->> 'time' order by seq))[1] as first,
      (array_agg(reference order by seq desc))[1] as latest,
      (array_agg(reference order by seq desc) filter (where event #>> '{data,result}' = 'fail'
        or event #>> '{data,status}' = 'errored'))[1] as failed,
      (array_agg(event #>> '{data,configurationChange,values,image}' order by seq desc)
        filter (where event #>> '{data,configurationChange,values,image}' is not null))[1] as image,
      (array_agg(coalesce(event #>> '{data,problem,problemTitle}', event #>> '{data,problem,ProblemTitle}') order by seq desc)
        filter (where event #> '{data,problem}' is not null))[1] as problem
    from mine group by context, stage`,
  );
  return rows.map((row) => ({
    keptnContext: row.context,
    stage: row.stage,
    firstTime: row.first,
    ...(row.latest ? { latestEvent: row.latest } : {}),
    ...(row.failed ? { latestFailedEvent: row.failed } : {}),
    ...(row.image ? { image: row.image } : {}),
    ...(row.problem ? { problemTitle: row.problem } : {}),
  }));
}
