-- Names of what an administrator of the installation has set for an organisation or a project: who administers that alone does
-- not change it, nor what it says for the projects of the organisation.
alter table scoped_settings add column by_installation text[] not null default '{}';
