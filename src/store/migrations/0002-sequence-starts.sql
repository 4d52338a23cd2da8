-- Triggers of sequences in the order in which they were taken: what numbers the rounds of a context, what limits on starts are
-- judged by, and which group of services is older. A place once given is never given again, also when its event is withdrawn.
create table sequence_starts (
  place bigserial primary key,
  event_id text not null unique,
  project text not null,
  stage text not null,
  service text not null,
  sequence text not null,
  context text not null,
  time timestamptz not null,
  together jsonb,
  withdrawn boolean not null default false
);
create index sequence_starts_stage on sequence_starts (project, stage, sequence, place desc);
create index sequence_starts_context on sequence_starts (context, stage, sequence);

insert into sequence_starts (event_id, project, stage, service, sequence, context, time)
select id, project, split_part(type, '.', 4), service, split_part(type, '.', 5), context, time
from events where type ~ '^sh\.keptn\.event\.[^.]+\.[^.]+\.triggered$' order by time, seq;
