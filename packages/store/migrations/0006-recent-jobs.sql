-- Recent builds, of a project and of all: newest first, without sorting everything that ever ran.
create index jobs_recent on jobs (created_at desc, number desc) where number is not null;
create index jobs_recent_of_project on jobs (project_id, created_at desc, number desc) where number is not null;
