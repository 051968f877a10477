-- How far a project's retention has come: everything of jobs that ended before is taken care of.
create table retention_marks (
  project_id uuid not null references projects,
  kind text not null,
  stopped_at timestamptz not null,
  job_id uuid not null,
  primary key (project_id, kind)
);

-- Where walks of several rounds have come.
create table cursors (
  name text primary key,
  value text not null
);

-- Jobs that left something, by their end.
create index jobs_ended on jobs (project_id, stopped_at, id) where stopped_at is not null and number is not null;
create index caches_by_age on caches (project_id, created_at);
-- What the key `retention` of the job that saved it asks for.
alter table caches add column keep_days integer;
create index caches_kept_shorter on caches (project_id, created_at) where keep_days is not null;
-- The bytes of the step's output are gone, by the retention policy.
alter table steps add column output_expired boolean not null default false;

-- What deletes, and shows all attempts, must find what belongs to a row.
create index attempts_of_task on attempts (task_id, number);
create index jobs_kept_from on jobs (kept_from) where kept_from is not null;
create index workflows_rerun_of on workflows (rerun_of) where rerun_of is not null;
create index artifacts_by_digest on artifacts (digest);
