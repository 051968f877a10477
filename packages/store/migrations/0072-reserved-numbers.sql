-- Numbers of pipelines that requests with a key have taken and not used yet: the same request, sent to two servers at once, takes one.
create table pipeline_reservations (
  scope text not null,
  key text not null,
  project_id uuid not null,
  pipeline_id uuid,
  number integer,
  at timestamptz not null default now(),
  primary key (scope, key, project_id)
);
create index pipeline_reservations_by_age on pipeline_reservations (at);
