-- What happened to projects and pipelines as such, among many more events of their jobs: the history of a project.
create index events_of_project on events (project_id, id) where workflow_id is null;
-- Runs of schedules, of which there are few.
create index events_of_schedules on events (id) where data ? 'schedule';
