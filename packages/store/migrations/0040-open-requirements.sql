-- What a blocked job still waits for: a row lives until the job it requires has ended, so a decision reads the rows of what
-- has just ended and never the whole graph. Rows of a workflow are gone when it ends; no foreign keys, whose checks would
-- lock every job of a large workflow as it is made.
create table open_requirements (
  required_id uuid not null,
  job_id uuid not null,
  -- Endings of the required job with which the other may run.
  statuses jsonb not null
);
create index open_requirements_of_required on open_requirements (required_id);
create index open_requirements_of_job on open_requirements (job_id);

insert into open_requirements (required_id, job_id, statuses)
select required.id, j.id, requirement -> 'statuses'
from workflows w join jobs j on j.workflow_id = w.id and j.status = 'blocked', jsonb_array_elements(j.requires) requirement,
  jobs required
where w.stopped_at is null and required.workflow_id = w.id and required.name = requirement ->> 'node' and required.stopped_at is null;

-- Which statuses the jobs of a workflow have, without reading them all; and whether it has lock nodes.
create index jobs_by_status on jobs (workflow_id, status);
create index jobs_with_lock on jobs (workflow_id) where lock_key is not null;
