import {
  AppError,
  type AttemptContext,
  contextScope,
  type EnvironmentEntry,
  type JobPlan,
  type KeyRing,
  nothingSet,
  projectScope,
  type SecretStore,
  type SettingsStore,
  settingMs,
} from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type { ContinuationKeys } from '../pipelines/continuation-keys.ts'
import type { AttemptCredentials } from './attempt-credentials.ts'

export interface TaskSpecPorts {
  readonly secrets: Pick<SecretStore, 'projectVariables' | 'contextByName' | 'contextVariables' | 'restrictionsOf'>
  readonly keyRing: KeyRing
  readonly credentials: AttemptCredentials
  readonly continuationKeys: ContinuationKeys
  /** Address of the web server as people and jobs reach it. */
  readonly publicUrl: string
  readonly limits: TaskSpec['limits']
  /** What administrators allow a project's jobs; without it the standard. */
  readonly settings?: Pick<SettingsStore, 'view'>
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
  const view = (await ports.settings?.view()) ?? nothingSet
  const exported = [...secrets, ...builtIn, ...continuation]
  return {
    attemptId: identity.attemptId,
    epoch: identity.epoch,
    taskIndex: identity.taskIndex,
    parallelism: job.parallelism,
    job: withPatience(job.plan as JobPlan, settingMs(view, 'time.no-output', identity.projectId)),
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
    limits:
      ports.settings === undefined
        ? ports.limits
        : { ...ports.limits, maxRunMs: settingMs(view, 'time.run', identity.projectId) },
  }
}

/** Steps that say nothing of it may be silent for as long as administrators allow. */
function withPatience(plan: JobPlan, silentMs: number): JobPlan {
  const standardMs = settingMs(nothingSet, 'time.no-output')
  if (plan === null || silentMs === standardMs) return plan
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step.type === 'run' && step.noOutputTimeoutMs === standardMs ? { ...step, noOutputTimeoutMs: silentMs } : step,
    ),
  }
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
