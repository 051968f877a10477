-- Insights read the newest workflows of a project.
create index workflows_of_project on workflows (project_id, created_at desc);
