-- Since when an agent is there without a break: one that has just come back has not had the time to speak of what it runs.
alter table agents add column back_at timestamptz not null default now();
