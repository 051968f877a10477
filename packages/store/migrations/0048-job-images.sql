-- Which images the names in a job's config stood for, by slice and place in the config: shown with the job, and taken
-- again by its reruns.
create table job_images (
  job_id uuid not null references jobs,
  node_index integer not null,
  position integer not null,
  image text not null,
  digest text not null,
  primary key (job_id, node_index, position)
);
