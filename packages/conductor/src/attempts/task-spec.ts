import {
  AppError,
  type AttemptContext,
  contextScope,
  type EnvironmentEntry,
  type JobPlan,
  type KeyRing,
  projectScope,
  type SecretStore,
} from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type { ContinuationKeys } from '../pipelines/continuation-keys.ts'
import type { AttemptCredentials } from './attempt-credentials.ts'
import { defaultLostAfterMs } from './ownership.ts'

export interface TaskSpecPorts {
  readonly secrets: Pick<SecretStore, 'projectVariables' | 'contextByName' | 'contextVariables' | 'restrictionsOf'>
  readonly keyRing: KeyRing
  readonly credentials: AttemptCredentials
  readonly continuationKeys: ContinuationKeys
  /** Address of the web server as people and jobs reach it. */
  readonly publicUrl: string
  readonly limits: TaskSpec['limits']
  /** After how long without a sign of its agent a job is given up; default as `sweepLeases`. */
  readonly lostAfterMs?: number
}

/** Everything an attempt needs to run, secrets in the clear: goes to the agent that owns it, and nowhere else. */
export async function buildTaskSpec(ports: TaskSpecPorts, context: AttemptContext): Promise<TaskSpec> {
  const { identity, job, pipeline } = context
  const secrets = await readSecrets(ports, context)
  const builtIn = builtInVariables(ports.publicUrl, context)
  const password = ports.credentials.issue(identity.attemptId)
  const continuation: readonly EnvironmentEntry[] = context.workflow.setup
    ? [{ name: 'CIRCLE_CONTINUATION_KEY', value: ports.continuationKeys.issue(pipeline.id) }]
    : []
  const exported = [...secrets, ...builtIn, ...continuation]
  return {
    attemptId: identity.attemptId,
    epoch: identity.epoch,
    taskIndex: identity.taskIndex,
    parallelism: job.parallelism,
    job: job.plan as JobPlan,
    jobNumber: job.number ?? 0,
    resources: { resourceClass: job.resourceClass ?? 'medium', ...context.resources },
    environment: exported,
    secrets: [...new Set([...[...secrets, ...continuation].map((entry) => entry.value), password])].filter(
      (value) => value.length > 3,
    ),
    checkout: {
      url: `${ports.publicUrl}/git/${context.organizationName}/${context.projectName}.git`,
      username: 'rondo',
      password,
      revision: pipeline.git.revision,
      branch: pipeline.git.branch,
      tag: pipeline.git.tag,
    },
    cacheKeys: {
      branch: pipeline.git.branch ?? '',
      buildNum: job.number ?? 0,
      revision: pipeline.git.revision,
      environment: Object.fromEntries(exported.map((entry) => [entry.name, entry.value])),
    },
    limits: ports.limits,
    ...stopUnheard(ports, context.workflow),
  }
}

/** Only where the workflow is rerun by itself may the job be run anew while this attempt goes on (rule D-04). */
function stopUnheard(
  { lostAfterMs = defaultLostAfterMs }: TaskSpecPorts,
  { maxAutoReruns, autoRerunNumber }: AttemptContext['workflow'],
): Pick<TaskSpec, 'stopUnheardAfterMs'> {
  return autoRerunNumber < maxAutoReruns ? { stopUnheardAfterMs: 0.8 * lostAfterMs } : {}
}

/** Project variables first, then contexts in the order the job names them: later ones win (semantics 24). */
async function readSecrets(ports: TaskSpecPorts, context: AttemptContext): Promise<readonly EnvironmentEntry[]> {
  const { projectId } = context.identity
  const entries: EnvironmentEntry[] = []
  for (const secret of await ports.secrets.projectVariables(projectId)) {
    entries.push({ name: secret.name, value: await ports.keyRing.open(secret.sealed, projectScope(projectId)) })
  }
  for (const name of context.job.contexts) {
    const found = await ports.secrets.contextByName(context.organizationId, name)
    // Never run without a secret the job was promised.
    if (found === undefined) throw new AppError('forbidden', `The context ${name} is gone since the job was queued.`)
    const restrictions = await ports.secrets.restrictionsOf(found.id)
    if (restrictions.length > 0 && !restrictions.some((restriction) => restriction.projectId === projectId))
      throw new AppError('forbidden', `The context ${name} was restricted to other projects since the job was queued.`)
    for (const secret of await ports.secrets.contextVariables(found.id)) {
      entries.push({ name: secret.name, value: await ports.keyRing.open(secret.sealed, contextScope(found.id)) })
    }
  }
  return entries
}

/** The list of semantics 24, without what only other hosts or forked pull requests have. */
function builtInVariables(publicUrl: string, context: AttemptContext): readonly EnvironmentEntry[] {
  const { job, workflow, pipeline, identity } = context
  const { organizationName: organization, projectName: repository } = context
  const values: Readonly<Record<string, string | null>> = {
    CI: 'true',
    CIRCLECI: 'true',
    CIRCLE_BRANCH: pipeline.git.branch,
    CIRCLE_BUILD_NUM: String(job.number),
    CIRCLE_BUILD_URL: `${publicUrl}/jobs/gh/${organization}/${repository}/${job.number}`,
    CIRCLE_JOB: job.name,
    CIRCLE_NODE_INDEX: String(identity.taskIndex),
    CIRCLE_NODE_TOTAL: String(job.parallelism),
    CIRCLE_ORGANIZATION_ID: context.organizationId,
    CIRCLE_PIPELINE_ID: pipeline.id,
    CIRCLE_PROJECT_ID: identity.projectId,
    CIRCLE_PROJECT_REPONAME: repository,
    CIRCLE_PROJECT_USERNAME: organization,
    CIRCLE_REPOSITORY_URL: `${publicUrl}/git/${organization}/${repository}.git`,
    CIRCLE_SHA1: pipeline.git.revision,
    CIRCLE_TAG: pipeline.git.tag,
    CIRCLE_USERNAME: pipeline.git.authorName,
    CIRCLE_WORKFLOW_ID: workflow.id,
    CIRCLE_WORKFLOW_JOB_ID: job.id,
    CIRCLE_WORKFLOW_WORKSPACE_ID: workflow.workspaceId,
  }
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]))
}
