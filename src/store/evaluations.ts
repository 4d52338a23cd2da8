import { type SQL, sql } from 'drizzle-orm/sql';
import { all, between, type Database, equals, isoTime, oneOf, rowsOf } from './database.ts';
import type { EvaluationQuery, EvaluationRow } from './store.ts';

type Row = Omit<EvaluationRow, 'keptnContext' | 'triggeredId' | 'invalidated'> & {
  context: string;
  triggered_id: string;
  reason: string | null;
  invalidated_at: string | null;
};

/** Inserts by id; the same id again changes nothing. */
export async function saveEvaluation(database: Database, row: EvaluationRow): Promise<void> {
  const insert = sql`insert into evaluations
    (id, triggered_id, project, stage, service, context, time, result, status, score, labels, evaluation)
    values (${row.id}, ${row.triggeredId}, ${row.project}, ${row.stage}, ${row.service}, ${row.keptnContext},
      ${row.time}::timestamptz, ${row.result}, ${row.status}, ${row.score}::double precision,
      ${JSON.stringify(row.labels)}::jsonb, ${JSON.stringify(row.evaluation)}::jsonb)
    on conflict (id) do nothing`;
  if (!row.invalidated) {
    await database.execute(insert);
    return;
  }
  await database.execute(sql`with evaluation as (${insert})
    insert into invalidations (triggered_id, reason, time)
    values (${row.triggeredId}, ${row.invalidated.reason}, ${row.invalidated.time}::timestamptz)
    on conflict (triggered_id) do nothing`);
}

/** Newest first; of one time the one stored last comes first. */
export async function queryEvaluations(database: Database, query: EvaluationQuery): Promise<EvaluationRow[]> {
  const rows = await rowsOf<Row>(
    database,
    sql`select e.id, e.triggered_id, e.project, e.stage, e.service, e.context, e.result, e.status, e.score, e.labels,
      e.evaluation, ${isoTime(sql`e.time`)} as time, i.reason, ${isoTime(sql`i.time`)} as invalidated_at
      from evaluations e left join lateral (select * from invalidations found
        where found.triggered_id in (e.triggered_id, e.id) order by found.time limit 1) i on true
      where ${conditions(query)} order by e.time desc, e.seq desc limit ${query.limit} offset ${query.offset ?? 0}`,
  );
  return rows.map(({ context, triggered_id, reason, invalidated_at, ...row }) => ({
    ...row,
    keptnContext: context,
    triggeredId: triggered_id,
    ...(reason !== null && invalidated_at !== null ? { invalidated: { reason, time: invalidated_at } } : {}),
  }));
}

function conditions(query: EvaluationQuery): SQL {
  return all(
    equals(sql`e.project`, query.project),
    equals(sql`e.stage`, query.stage),
    equals(sql`e.service`, query.service),
    equals(sql`e.context`, query.keptnContext),
    oneOf(sql`e.result`, query.results),
    query.label
      ? sql`e.labels @> ${JSON.stringify({ [query.label.key]: query.label.value })}::jsonb`
      : undefined,
    query.withoutLabel === undefined ? undefined : sql`not jsonb_exists(e.labels, ${query.withoutLabel})`,
    between(sql`e.time`, query.fromTime, query.beforeTime),
    query.excludeInvalidated ? sql`i.triggered_id is null` : undefined,
  );
}

/**
 * Notes the invalidation, also for an evaluation that is stored later; answers whether one was there. Keptn 1.4.5: it names the
 * trigger of the evaluation or the evaluation.finished event itself.
 */
export async function invalidate(database: Database, triggeredId: string, reason: string): Promise<boolean> {
  const rows = await rowsOf<{ found: boolean }>(
    database,
    sql`with noted as (
      insert into invalidations (triggered_id, reason) values (${triggeredId}, ${reason})
      on conflict (triggered_id) do nothing
    ) select exists (select 1 from evaluations where triggered_id = ${triggeredId} or id = ${triggeredId}) as found`,
  );
  return rows[0]?.found ?? false;
}
