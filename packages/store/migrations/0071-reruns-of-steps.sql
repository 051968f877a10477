-- How often a step was run again after it failed (`max_auto_reruns`), within its attempt.
alter table steps add column reruns integer not null default 0;
