create table orb_namespaces (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  -- Null: filled by an administrator (import, mirror); only administrators publish into it.
  organization_id uuid references organizations,
  created_at timestamptz not null default now()
);
create index orb_namespaces_of_organization on orb_namespaces (organization_id);

-- Names a namespace had before; references with them go on working.
create table orb_namespace_aliases (
  name text primary key,
  namespace_id uuid not null references orb_namespaces on delete cascade
);

create table orbs (
  id uuid primary key default gen_random_uuid(),
  namespace_id uuid not null references orb_namespaces on delete cascade,
  name text not null,
  private boolean not null,
  listed boolean not null default true,
  created_at timestamptz not null default now(),
  unique (namespace_id, name)
);

-- One row a content, for ever: pipelines name the digests they ran with, and dev versions are overwritten.
create table orb_sources (
  digest text primary key check (digest = encode(sha256(convert_to(source, 'UTF8')), 'hex')),
  source text not null
);

-- A release has its three numbers and never changes; a dev version has none, is overwritten, and expires.
create table orb_versions (
  id uuid primary key default gen_random_uuid(),
  orb_id uuid not null references orbs on delete cascade,
  version text not null,
  major integer,
  minor integer,
  patch integer,
  digest text not null references orb_sources,
  -- Imports as they were resolved at publication: [{reference, resolved, digest}].
  imports jsonb not null,
  published_by uuid references users,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  unique (orb_id, version),
  check ((major is null) = (expires_at is not null) and (major is null) = (minor is null) and (major is null) = (patch is null))
);
create index orb_versions_in_order on orb_versions (orb_id, major desc, minor desc, patch desc) where major is not null;
create index orb_versions_expiring on orb_versions (expires_at) where expires_at is not null;

create table orb_categories (
  id uuid primary key default gen_random_uuid(),
  name text not null unique
);
insert into orb_categories (name) values
  ('Artifacts/Registry'), ('Build'), ('Cloud Platform'), ('Code Analysis'), ('Collaboration'), ('Containers'),
  ('Deployment'), ('Infra Automation'), ('Kubernetes'), ('Language/Framework'), ('Monitoring'), ('Notifications'),
  ('Reporting'), ('Security'), ('Testing'), ('Workflow');

create table orb_categorizations (
  orb_id uuid not null references orbs on delete cascade,
  category_id uuid not null references orb_categories,
  primary key (orb_id, category_id)
);

-- The exact content every pipeline was compiled with.
create table pipeline_orbs (
  pipeline_id uuid not null references pipelines on delete cascade,
  reference text not null,
  resolved text not null,
  digest text not null,
  primary key (pipeline_id, reference, resolved)
);
create index pipeline_orbs_by_orb on pipeline_orbs (split_part(resolved, '@', 1));
