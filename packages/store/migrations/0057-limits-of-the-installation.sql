-- Who administers an organisation alone does not lift what an administrator of the installation has set.
alter table task_limits add column by_installation boolean not null default false;
