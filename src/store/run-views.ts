import { type SQL, sql } from 'drizzle-orm/sql';
import { all, between, type Database, equals, oneOf, rowsOf } from './database.ts';
import type { EventReference, RunContexts, SequenceQuery, StageActivity } from './store.ts';

/** Types of the events that a task or a sequence goes through. */
const LIFECYCLE = '^sh\\.keptn\\.event\\.[^.]+(\\.[^.]+)?\\.(triggered|started|finished)$';

const ENDED = sql`s.state in ('finished', 'timedOut', 'aborted')`;

/**
 * State of a whole run: that of what is active (a waiting approval counts as started, as in Keptn's view), or that of the sequence
 * that changed last. A run of which one stage is paused goes on while another does (Keptn 1.4.5).
 */
const OVERALL_STATE = sql`case
  when bool_or(s.state in ('started', 'waitingForApproval')) then 'started'
  when bool_or(s.state = 'paused') then 'paused'
  when bool_and(${ENDED}) then (array_agg(s.state order by s.time desc, s.seq desc))[1]
  when bool_and(${ENDED} or s.state = 'waiting') then 'waiting'
  when bool_and(s.state = 'triggered') then 'triggered'
  else 'started' end`;

/**
 * Runs, newest first, each with its overall state.
 *
 * Keptn 1.4.5 kept one document per context: name, state and times of the query are those of the whole run, which is called after its
 * first sequence and began with its first event. `waitingForApproval` finds the runs in which a person is asked.
 */
export async function sequenceContexts(database: Database, query: SequenceQuery): Promise<RunContexts> {
  const rows = await rowsOf<{ context: string; state: string; total: number }>(
    database,
    sql`${runs(query)} select r.context, r.state, count(*) over ()::int as total from run r
      where ${conditions(query)} order by r.seq desc limit ${query.limit} offset ${query.offset}`,
  );
  const contexts = rows.map(({ context, state }) => ({ keptnContext: context, state }));
  const totalCount = rows[0]?.total ?? (query.offset > 0 ? await countRuns(database, query) : 0);
  return { contexts, totalCount };
}

async function countRuns(database: Database, query: SequenceQuery): Promise<number> {
  const rows = await rowsOf<{ count: number }>(
    database,
    sql`${runs(query)} select count(*)::int as count from run r where ${conditions(query)}`,
  );
  return rows[0]?.count ?? 0;
}

function runs({ project, keptnContext, keptnContexts }: SequenceQuery): SQL {
  const mine = all(
    equals(sql`s.project`, project),
    equals(sql`s.context`, keptnContext),
    oneOf(sql`s.context`, keptnContexts),
  );
  return sql`with run as (select s.context, min(s.seq) as seq, ${OVERALL_STATE} as state,
    (array_agg(s.sequence order by s.seq))[1] as name, array_agg(s.state) as states, array_agg(s.stage) as stages,
    array_agg(s.service) as services, min(s.time) as changed
    from sequence_states s where ${mine} group by s.context)`;
}

function conditions({ project, name, state, stage, service, fromTime, beforeTime }: SequenceQuery): SQL {
  const began = sql`coalesce((select min(e.time) from events e
    where e.context = r.context and e.project = ${project} and e.stage <> ''), r.changed)`;
  const asked = state === 'waitingForApproval';
  return all(
    equals(sql`r.name`, name),
    asked ? sql`${state} = any (r.states)` : equals(sql`r.state`, state),
    stage ? sql`${stage} = any (r.stages)` : undefined,
    service ? sql`${service} = any (r.services)` : undefined,
    between(began, fromTime, beforeTime),
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

/**
 * Newest and newest failed event, image and problem per context and stage.
 *
 * Keptn 1.4.5: events of tasks and sequences only, not the gate's own get-sli; the image is that of the last deployment.triggered.
 */
export async function stageActivity(
  database: Database,
  project: string,
  keptnContexts: string[],
): Promise<StageActivity[]> {
  if (keptnContexts.length === 0) return [];
  const rows = await rowsOf<ActivityRow>(
    database,
    sql`with mine as (
      select e.context, e.stage, e.seq, e.event, e.type = 'sh.keptn.event.deployment.triggered' as deploys,
        e.type ~ ${LIFECYCLE} and e.type not like 'sh.keptn.event.get-sli.%' as counts,
        jsonb_build_object('eventId', e.id, 'keptnContext', e.context, 'type', e.type, 'time', e.event ->> 'time') as reference
      from events e where e.project = ${project} and e.stage <> '' and ${all(oneOf(sql`e.context`, keptnContexts))}
    )
    select context, stage,
      (array_agg(event ->> 'time' order by seq))[1] as first,
      (array_agg(reference order by seq desc) filter (where counts))[1] as latest,
      (array_agg(reference order by seq desc) filter (where counts and (event #>> '{data,result}' = 'fail'
        or event #>> '{data,status}' = 'errored')))[1] as failed,
      (array_agg(event #>> '{data,configurationChange,values,image}' order by seq desc) filter (where deploys
        and event #>> '{data,configurationChange,values,image}' is not null))[1] as image,
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
