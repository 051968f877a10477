-- Namespaces whose orbs the administrators of the installation vouch for; organisations may use those alone.
alter table orb_namespaces add column certified boolean not null default false;
