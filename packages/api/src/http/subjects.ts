import type { ContextRecord, JobContext, Organization, Pipeline, Project, Schedule, Workflow } from '@rondo/model'
import type { Subject } from './route.ts'

/** Everybody may ask, known or not. */
export const anybody: Subject<undefined> = { kind: 'anybody', find: async () => undefined }

/** Whoever is known may ask, and is answered with what is theirs. */
export const oneself: Subject<undefined> = { kind: 'oneself', find: async () => undefined }

export const projectInPath: Subject<Project> = {
  kind: 'project',
  find: (access, asker, { params }, right) => access.project(asker, params['project-slug'] ?? '', right),
}

/** The job with a number in the project of the path. */
export const jobInProject: Subject<JobContext> = {
  kind: 'project',
  find: (access, asker, { params }, right) =>
    access.jobByNumber(asker, params['project-slug'] ?? '', params['job-number'] ?? '', right),
}

export const pipelineInPath: Subject<Pipeline> = {
  kind: 'pipeline',
  find: (access, asker, { params }, right) => access.pipeline(asker, params['pipeline-id'] ?? '', right),
}

export const workflowInPath: Subject<Workflow> = {
  kind: 'workflow',
  find: (access, asker, { params }, right) => access.workflow(asker, params.id ?? '', right),
}

export const jobInPath: Subject<JobContext> = {
  kind: 'job',
  find: (access, asker, { params }, right) => access.job(asker, params['job-id'] ?? '', right),
}

export const scheduleInPath: Subject<{ schedule: Schedule; project: Project }> = {
  kind: 'schedule',
  find: (access, asker, { params }, right) => access.schedule(asker, params['schedule-id'] ?? '', right),
}

export const contextInPath: Subject<ContextRecord> = {
  kind: 'context',
  find: (access, asker, { params }, right) => access.context(asker, params['context-id'] ?? '', right),
}

export const organizationInPath: Subject<Organization> = {
  kind: 'organization',
  find: (access, asker, { params }, right) => access.organization(asker, params['org-slug-or-id'] ?? '', right),
}

/** The owner named by a list's query. */
export const ownerInQuery: Subject<Organization> = {
  kind: 'organization',
  find: (access, asker, { query }, right) =>
    access.organization(asker, query['owner-id'] ?? query['owner-slug'] ?? '', right),
}
