-- Key of a lock or unlock node.
alter table jobs add column lock_key text;

-- Who holds and who waits for each key of an organisation, in the order of arrival. A row lives as long as the wait or the hold.
create table lock_queue (
  id bigint generated always as identity primary key,
  organization_id uuid not null references organizations,
  key text not null,
  job_id uuid not null unique references jobs,
  workflow_id uuid not null references workflows,
  project_id uuid not null references projects,
  pipeline_number integer not null,
  held boolean not null,
  since timestamptz not null default now()
);
create unique index lock_queue_holder on lock_queue (organization_id, key) where held;
create index lock_queue_in_order on lock_queue (organization_id, key, id);
create index lock_queue_of_workflow on lock_queue (workflow_id);
create index lock_queue_waiting on lock_queue (since) where not held;

-- What must follow a commit: written in the transaction that made it due, deleted when it is done.
create table chores (
  id bigint generated always as identity primary key,
  kind text not null,
  subject_id uuid not null,
  due_at timestamptz not null default now()
);
create index chores_due on chores (due_at, id);

-- Workflows that have not ended: few, whatever has ended before.
create index workflows_open on workflows (project_id) where stopped_at is null;

alter table workflows
  add column max_auto_reruns integer not null default 0,
  -- 0: not made by an automatic rerun.
  add column auto_rerun_number integer not null default 0;
