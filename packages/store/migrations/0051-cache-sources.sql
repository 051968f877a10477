-- Caches of a pull request from a fork are its own: `source` is its branch, empty for what the project itself saved.
alter table caches add column source text not null default '';
alter table caches drop constraint caches_pkey;
alter table caches add primary key (project_id, source, key);
drop index caches_by_prefix;
create index caches_by_prefix on caches (project_id, source, key text_pattern_ops, created_at desc);
