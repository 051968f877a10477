-- A setup config stays beside the config that continues it; what the pipeline was triggered with is kept for the latter.
alter table pipeline_configs
  add column setup_source text,
  add column setup_compiled text,
  add column setup_plan jsonb,
  add column pipeline_values jsonb not null default '{}',
  add column given_parameters jsonb not null default '{}',
  -- A continuation that is accepted and not yet compiled; null before and after.
  add column continuation jsonb;

-- Pipelines whose continuation is to be compiled: what a server that starts looks through.
create index pipelines_pending on pipelines (id) where state = 'pending';

alter table workflows add column setup boolean not null default false;
