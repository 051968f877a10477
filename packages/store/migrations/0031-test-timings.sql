-- Earlier runs of a job that ended by themselves, newest first: where the timings of its tests are read from.
create index jobs_with_results on jobs (project_id, name, stopped_at desc) where status in ('success', 'failed');
