-- A pipeline that retention takes goes at once, with its place in every list; the rows of its jobs follow piece by piece.
create table retired_pipelines (
  id uuid primary key,
  project_id uuid not null references projects,
  retired_at timestamptz not null default now()
);
create index retired_pipelines_of_project on retired_pipelines (project_id, retired_at);

-- A workflow belongs to a pipeline, or to one that was taken and is being cleared away; nothing shows it then.
alter table workflows alter column pipeline_id drop not null;
alter table workflows add column retired_from uuid references retired_pipelines;
alter table workflows add constraint workflows_of_something check ((pipeline_id is null) <> (retired_from is null));
create index workflows_retired on workflows (retired_from) where retired_from is not null;
