create table organizations (
  id uuid primary key default gen_random_uuid(),
  vcs_type text not null,
  name text not null,
  created_at timestamptz not null default now(),
  unique (vcs_type, name)
);

create table users (
  id uuid primary key default gen_random_uuid(),
  login text not null unique,
  name text not null,
  password_hash text,
  admin boolean not null default false,
  created_at timestamptz not null default now()
);

create table members (
  organization_id uuid not null references organizations,
  user_id uuid not null references users,
  role text not null check (role in ('admin', 'member')),
  primary key (organization_id, user_id)
);

-- Tokens and sessions are kept as sha256 only (rule D-20).
create table api_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users,
  label text not null,
  hash bytea not null unique,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);

create table sessions (
  hash bytea primary key,
  user_id uuid not null references users,
  expires_at timestamptz not null
);

create table projects (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations,
  name text not null,
  default_branch text not null,
  settings jsonb not null default '{"autocancelBuilds": false, "setupWorkflows": true}',
  pipeline_number integer not null default 0,
  build_number integer not null default 0,
  created_at timestamptz not null default now(),
  unique (organization_id, name)
);

create table project_variables (
  project_id uuid not null references projects,
  name text not null,
  sealed bytea not null,
  hint text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project_id, name)
);

create table contexts (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations,
  name text not null,
  created_at timestamptz not null default now(),
  unique (organization_id, name)
);

create table context_variables (
  context_id uuid not null references contexts on delete cascade,
  name text not null,
  sealed bytea not null,
  hint text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (context_id, name)
);

create table pipelines (
  id uuid primary key default uuidv7(),
  project_id uuid not null references projects,
  number integer not null,
  state text not null,
  errors jsonb not null,
  trigger text not null,
  triggered_by uuid references users,
  git jsonb not null,
  parameters jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, number)
);
create index pipelines_by_time on pipelines (created_at desc, id desc);
create index pipelines_of_project on pipelines (project_id, created_at desc, id desc);

create table pipeline_configs (
  pipeline_id uuid primary key references pipelines,
  source text not null,
  compiled text not null,
  plan jsonb
);

create table workflows (
  id uuid primary key default uuidv7(),
  pipeline_id uuid not null references pipelines,
  project_id uuid not null references projects,
  name text not null,
  status text not null,
  started_by uuid references users,
  canceled_by uuid references users,
  rerun_of uuid references workflows,
  workspace_id uuid not null,
  created_at timestamptz not null default now(),
  stopped_at timestamptz
);
create index workflows_of_pipeline on workflows (pipeline_id);

create table jobs (
  id uuid primary key,
  workflow_id uuid not null references workflows,
  project_id uuid not null references projects,
  position integer not null,
  name text not null,
  type text not null,
  number integer,
  status text not null,
  requires jsonb not null,
  contexts jsonb not null,
  parallelism integer not null,
  resource_class text,
  executor text,
  plan jsonb,
  message text,
  kept_from uuid references jobs,
  approved_by uuid references users,
  canceled_by uuid references users,
  created_at timestamptz not null default now(),
  queued_at timestamptz,
  started_at timestamptz,
  stopped_at timestamptz,
  unique (project_id, number)
);
create index jobs_of_workflow on jobs (workflow_id, position);

create table agents (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  hostname text not null,
  cpus real not null,
  memory_mb integer not null,
  seen_at timestamptz not null default now()
);

create table tasks (
  id uuid primary key default uuidv7(),
  job_id uuid not null references jobs,
  index integer not null,
  phase text not null default 'queued' check (phase in ('queued', 'running', 'finished')),
  result text,
  executor text not null,
  cpus real not null,
  memory_mb integer not null,
  attempt_id uuid,
  attempts integer not null default 0,
  epoch integer not null default 0,
  stop_reason text,
  queued_at timestamptz not null default now(),
  unique (job_id, index)
);
-- The queue is this index alone: its size is the number of waiting tasks, whatever has finished before.
create index tasks_queued on tasks (queued_at, id) where phase = 'queued';

create table attempts (
  id uuid primary key default uuidv7(),
  task_id uuid not null references tasks,
  number integer not null,
  epoch integer not null,
  agent_id uuid not null references agents,
  phase text not null default 'claimed' check (phase in ('claimed', 'running', 'finished')),
  result text,
  acknowledged integer not null default 0,
  lease_expires_at timestamptz not null,
  claimed_at timestamptz not null default now(),
  granted_at timestamptz,
  finished_at timestamptz
);
create index attempts_open on attempts (lease_expires_at) where phase <> 'finished';

create table steps (
  id uuid primary key default uuidv7(),
  attempt_id uuid not null references attempts,
  task_index integer not null,
  index integer not null,
  name text not null,
  type text not null,
  command text,
  phase text not null default 'running',
  result text,
  exit_code integer,
  background boolean not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  output_bytes bigint not null default 0,
  output_sha256 text,
  truncated boolean not null default false,
  unique (attempt_id, index)
);

create table caches (
  project_id uuid not null references projects,
  key text not null,
  digest text not null,
  size bigint not null,
  created_at timestamptz not null default now(),
  primary key (project_id, key)
);
create index caches_by_prefix on caches (project_id, key text_pattern_ops, created_at desc);

create table workspace_layers (
  id bigint generated always as identity primary key,
  job_id uuid not null references jobs,
  node_index integer not null,
  digest text not null,
  size bigint not null
);
create index workspace_layers_of_job on workspace_layers (job_id);

create table artifacts (
  job_id uuid not null references jobs,
  node_index integer not null,
  path text not null,
  digest text not null,
  size bigint not null,
  primary key (job_id, node_index, path)
);

create table test_results (
  id bigint generated always as identity primary key,
  job_id uuid not null references jobs,
  node_index integer not null,
  name text not null,
  classname text not null,
  file text,
  result text not null,
  message text not null,
  run_time double precision not null,
  source text not null
);
create index test_results_of_job on test_results (job_id);

-- Ids are given before commit; a follower reads only what no open transaction can still precede (see live-events.ts).
create table events (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default now(),
  kind text not null,
  organization_id uuid,
  project_id uuid,
  pipeline_id uuid,
  workflow_id uuid,
  job_id uuid,
  actor_id uuid,
  data jsonb not null
);
create index events_in_order on events (xid, id);
create index events_of_pipeline on events (pipeline_id, id);
