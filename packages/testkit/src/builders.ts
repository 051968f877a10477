import { randomUUID } from 'node:crypto'
import type { ClaimedTask, ClaimQuery, GitRevision, NewJob, Organization, Pipeline, Project, User } from '@rondo/model'
import type { Store } from '@rondo/store'

/** A user who owns an organisation with one project. */
export interface Household {
  readonly user: User
  readonly organization: Organization
  readonly project: Project
}

let counter = 0

/** Names are unique, so that tests of one file do not meet. */
export async function buildHousehold(store: Store, options: { readonly admin?: boolean } = {}): Promise<Household> {
  const name = `h${process.pid}-${++counter}`
  const user = await store.accounts.createUser({ login: name, name, passwordHash: null, admin: options.admin ?? false })
  const organization = await store.accounts.createOrganization({ vcsType: 'github', name, ownerId: user.id })
  const project = await store.accounts.createProject({
    organizationId: organization.id,
    name: 'app',
    defaultBranch: 'main',
  })
  return { user, organization, project }
}

export function buildRevision(parts: Partial<GitRevision> = {}): GitRevision {
  return {
    revision: 'a'.repeat(40),
    branch: 'main',
    tag: null,
    subject: 'change',
    body: '',
    authorName: 'Developer',
    authorEmail: 'dev@example.com',
    ...parts,
  }
}

export function buildJob(parts: Partial<NewJob> = {}): NewJob {
  return {
    id: randomUUID(),
    name: 'build',
    type: 'build',
    number: null,
    status: 'blocked',
    requires: [],
    contexts: [],
    lockKey: null,
    parallelism: 1,
    resourceClass: 'small',
    executor: 'docker',
    keptFrom: null,
    plan: null,
    ...parts,
  }
}

export interface BuiltWorkflow {
  readonly pipeline: Pipeline
  readonly workflowId: string
}

/** A pipeline with one running workflow of these jobs; those that name no status are queued at once when `queue` says so. */
export async function buildWorkflow(
  store: Store,
  project: Project,
  jobs: readonly NewJob[],
  options: { readonly queue?: boolean; readonly git?: GitRevision; readonly triggeredBy?: string } = {},
): Promise<BuiltWorkflow> {
  const { id, number } = await store.engine.reservePipeline(project.id)
  return store.engine.transact(async (tx) => {
    const pipeline = await tx.createPipeline({
      id,
      number,
      projectId: project.id,
      state: 'created',
      errors: [],
      warnings: [],
      trigger: 'api',
      triggeredBy: options.triggeredBy ?? null,
      git: options.git ?? buildRevision(),
      parameters: {},
      config: { source: 'version: 2.1', compiled: 'version: 2', plan: null },
    })
    const { workflow } = await tx.createWorkflow({
      pipelineId: pipeline.id,
      projectId: project.id,
      name: 'main',
      status: 'running',
      startedBy: null,
      rerunOf: null,
      workspaceId: null,
      jobs,
    })
    if (options.queue === true) {
      for (const job of jobs) {
        await tx.saveJob({ id: job.id, status: 'queued' })
        await tx.enqueue({ id: job.id, projectId: project.id, parallelism: job.parallelism }, 'docker', {
          cpus: 1,
          memoryMb: 2048,
        })
      }
    }
    return { pipeline, workflowId: workflow.id }
  })
}

/** An agent known to the store, with room for everything. */
export async function buildAgent(store: Store): Promise<string> {
  return store.engine.saveAgent({
    name: `agent-${++counter}`,
    hostname: 'host',
    cpus: 64,
    memoryMb: 262_144,
    executors: ['docker'],
  })
}

export function claimQuery(agentId: string, parts: Partial<ClaimQuery> = {}): ClaimQuery {
  const machine = { cpus: 64, memoryMb: 262_144 }
  return { agentId, free: { ...machine, tasks: 1 }, machine, executors: ['docker'], leaseMs: 30_000, ...parts }
}

/** The next task, which must be there. */
export async function claimOne(store: Store, agentId: string, parts: Partial<ClaimQuery> = {}): Promise<ClaimedTask> {
  const [task] = await store.engine.claim(claimQuery(agentId, parts))
  if (task === undefined) throw new Error('there was no task to claim')
  return task
}
