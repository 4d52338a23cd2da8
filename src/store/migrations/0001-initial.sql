create table events (
  seq bigserial primary key,
  id text not null unique,
  type text not null,
  source text not null,
  project text not null default '',
  stage text not null default '',
  service text not null default '',
  context text not null,
  triggered_id text not null default '',
  time timestamptz not null,
  event jsonb not null
);
create index events_context on events (context, time desc, seq desc);
create index events_project on events (project, time desc, seq desc);
create index events_type on events (type, project, time desc, seq desc);
create index events_triggered on events (triggered_id) where triggered_id <> '';

-- One row per .triggered event that somebody has to answer; it stays as a tombstone so that a repeated open cannot revive it.
create table open_triggers (
  event_id text primary key,
  workflow_id text not null,
  closed boolean not null default false
);
create index open_triggers_open on open_triggers (event_id) where not closed;

-- Events that were accepted but not yet handed to the workflow engine.
create table undelivered (event_id text primary key references events (id) on delete cascade);

-- The newest event of each type per service: what the project views answer without scanning all events.
create table last_events (
  project text not null,
  stage text not null,
  service text not null,
  type text not null,
  event_id text not null,
  context text not null,
  time timestamptz not null,
  primary key (project, stage, service, type)
);
create table deployed_images (
  project text not null,
  stage text not null,
  service text not null,
  image text not null,
  time timestamptz not null,
  primary key (project, stage, service)
);

create table sequence_states (
  seq bigserial primary key,
  workflow_id text not null unique,
  project text not null,
  service text not null,
  context text not null,
  stage text not null,
  sequence text not null,
  state text not null,
  status text,
  result text,
  time timestamptz not null
);
create index sequence_states_context on sequence_states (project, context);

create table evaluations (
  seq bigserial primary key,
  id text not null unique,
  triggered_id text not null,
  project text not null,
  stage text not null,
  service text not null,
  context text not null,
  time timestamptz not null,
  result text not null,
  status text not null,
  score double precision not null,
  labels jsonb not null,
  evaluation jsonb not null
);
create index evaluations_history on evaluations (project, stage, service, time desc, seq desc);
create index evaluations_triggered on evaluations (triggered_id);
create index evaluations_labels on evaluations using gin (labels);

create table invalidations (
  triggered_id text primary key,
  reason text not null,
  time timestamptz not null default now()
);

create table projects (
  name text primary key,
  creation_date text not null,
  stages jsonb not null,
  shipyard text not null,
  shipyard_version text not null,
  sli_provider text,
  upstream_url text,
  upstream_user text
);

create table services (
  project text not null,
  name text not null,
  creation_date text not null,
  primary key (project, name)
);

create table registrations (
  id text primary key,
  registration jsonb not null,
  last_seen timestamptz not null default now()
);

create table secrets (
  scope text not null,
  name text not null,
  keys jsonb not null,
  sealed bytea not null,
  primary key (scope, name)
);

create table logs (
  seq bigserial primary key,
  time timestamptz not null default now(),
  integration_id text not null default '',
  entry jsonb not null
);
create index logs_integration on logs (integration_id, seq desc);
