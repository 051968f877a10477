-- Beginnings of addresses from which an organisation's configs may take orbs; at most 5 an organisation.
create table url_orb_prefixes (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  prefix text not null,
  created_at timestamptz not null default now()
);
create index url_orb_prefixes_of_organization on url_orb_prefixes (organization_id);

-- What stood at an address when it was last read. The content stays in orb_sources: pipelines name its digest.
create table url_orbs (
  url text primary key,
  digest text not null references orb_sources,
  fetched_at timestamptz not null default now()
);
