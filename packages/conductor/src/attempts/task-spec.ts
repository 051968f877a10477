import {
  AppError,
  type AttemptContext,
  type CheckoutKeys,
  contextScope,
  type EnvironmentEntry,
  forkOf,
  type GitRevision,
  isAskedFor,
  type JobPlan,
  nothingSet,
  projectScope,
  type SecretOpener,
  type SecretStore,
  type SettingsStore,
  type SshKeys,
  settingMs,
  settingOf,
  type TokenSigner,
  toldBranch,
} from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type { ContinuationKeys } from '../pipelines/continuation-keys.ts'
import type { AttemptCredentials } from './attempt-credentials.ts'
import { isForeign } from './attempt-trust.ts'
import { identityTokens } from './identity-tokens.ts'
import { defaultLostAfterMs } from './ownership.ts'
import type { StandIns } from './stand-ins.ts'

export interface TaskSpecPorts {
  readonly secrets: Pick<SecretStore, 'projectVariables' | 'contextByName' | 'contextVariables' | 'restrictionsOf'>
  readonly sshKeys: Pick<SshKeys, 'of'>
  readonly checkoutKeys: Pick<CheckoutKeys, 'of'>
  readonly keyRing: SecretOpener
  readonly credentials: AttemptCredentials
  readonly continuationKeys: ContinuationKeys
  readonly standIns: StandIns
  /** Signs the tokens with which jobs say who they are; without it they get none. */
  readonly signer?: TokenSigner
  /** Address of the web server as people and jobs reach it. */
  readonly publicUrl: string
  readonly limits: TaskSpec['limits']
  /** What administrators allow a project's jobs; without it the standard. */
  readonly settings?: Pick<SettingsStore, 'view'>
  /** After how long without a sign of its agent a job is given up; default as `sweepLeases`. */
  readonly lostAfterMs?: number
  /** Where the built-in hosting is reached over SSH, if it is: `ssh://git@HOST:PORT`, and the host's public key. */
  readonly sshHosting?: { readonly url: string; readonly hostKey: string }
  /** Lines of a known_hosts file that jobs get beside the public hosts; default none. */
  readonly knownHosts?: readonly string[]
}

/** Everything an attempt needs to run, secrets in the clear: to be sealed for the agent that owns it, and for nobody else. */
export async function buildTaskSpec(ports: TaskSpecPorts, context: AttemptContext): Promise<TaskSpec> {
  const { identity, job, pipeline } = context
  const { secrets, contextIds } = await readSecrets(ports, context)
  const keys = await readKeys(ports, context)
  const repositoryUrl = keys.checkout?.url ?? httpAddress(ports, context)
  const builtIn = builtInVariables(ports.publicUrl, repositoryUrl, context)
  const password = ports.credentials.issue(identity.attemptId)
  const continuation: readonly EnvironmentEntry[] = context.workflow.setup
    ? [{ name: 'CIRCLE_CONTINUATION_KEY', value: ports.continuationKeys.issue(pipeline.id) }]
    : []
  const view = (await ports.settings?.view()) ?? nothingSet
  const { signer } = ports
  const tokens = signer === undefined ? [] : await identityTokens({ ...ports, signer }, context, contextIds)
  const exported = [...secrets, ...builtIn, ...continuation, ...tokens]
  const hidden = new Set(
    [...[...secrets, ...continuation, ...tokens].map((entry) => entry.value), password, ...keys.private].filter(
      (value) => value.length > 3,
    ),
  )
  return {
    attemptId: identity.attemptId,
    epoch: identity.epoch,
    taskIndex: identity.taskIndex,
    parallelism: job.parallelism,
    job: withPatience(job.plan as JobPlan, settingMs(view, 'time.no-output', identity.projectId)),
    jobNumber: job.number ?? 0,
    imageDigests: context.imageDigests,
    resources: { resourceClass: job.resourceClass ?? 'medium', ...context.resources },
    environment: exported,
    secrets: [...hidden],
    checkout: {
      url: httpAddress(ports, context),
      username: 'rondo',
      password,
      revision: pipeline.git.revision,
      branch: toldBranch(pipeline.git),
      tag: pipeline.git.tag,
      ssh: keys.checkout,
    },
    sshKeys: keys.additional,
    knownHosts: ports.knownHosts ?? [],
    cacheKeys: {
      branch: toldBranch(pipeline.git) ?? '',
      buildNum: job.number ?? 0,
      revision: pipeline.git.revision,
      environment: Object.fromEntries(
        exported.map(({ name, value }) => [name, hidden.has(value) ? ports.standIns(value) : value]),
      ),
    },
    limits:
      ports.settings === undefined
        ? ports.limits
        : { ...ports.limits, maxRunMs: settingMs(view, 'time.run', identity.projectId) },
    ...stopUnheard(ports, context.workflow, settingOf(view, 'retry.after-start', identity.projectId)),
    ...(context.ssh ? { ssh: true } : {}),
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

/** Only where the job or its workflow is run again by itself may that happen while this attempt goes on (rule D-04). */
function stopUnheard(
  { lostAfterMs = defaultLostAfterMs }: TaskSpecPorts,
  { maxAutoReruns, autoRerunNumber }: AttemptContext['workflow'],
  retries: number,
): Pick<TaskSpec, 'stopUnheardAfterMs'> {
  return autoRerunNumber < maxAutoReruns || retries > 0 ? { stopUnheardAfterMs: 0.8 * lostAfterMs } : {}
}

function httpAddress({ publicUrl }: TaskSpecPorts, { organizationName, projectName }: AttemptContext): string {
  return `${publicUrl}/git/${organizationName}/${projectName}.git`
}

interface Keys {
  readonly checkout: TaskSpec['checkout']['ssh']
  readonly additional: TaskSpec['sshKeys']
  /** All private halves. */
  readonly private: readonly string[]
}

/** Keys the job's steps need, and no others: a key that is not asked for never leaves the server. */
async function readKeys(ports: TaskSpecPorts, context: AttemptContext): Promise<Keys> {
  if (isForeign(context)) return { checkout: null, additional: [], private: [] }
  const { identity, organizationName, projectName } = context
  const steps = (context.job.plan as JobPlan | null)?.steps ?? []
  const open = (key: { readonly sealed: Buffer }) => ports.keyRing.open(key.sealed, projectScope(identity.projectId))
  const asked = steps.flatMap((step) => (step.type === 'add_ssh_keys' ? [step.fingerprints] : []))
  const kept = asked.length === 0 ? [] : await ports.sshKeys.of(identity.projectId)
  const wanted = kept.filter((key) => asked.some((fingerprints) => isAskedFor(key, fingerprints)))
  const additional = await Promise.all(
    wanted.map(async (key) => {
      const { hostname, md5, sha256 } = key
      return { hostname, md5, sha256, privateKey: await open(key) }
    }),
  )
  const { sshHosting } = ports
  const [preferred] =
    sshHosting !== undefined && steps.some((step) => step.type === 'checkout')
      ? await ports.checkoutKeys.of(identity.projectId)
      : []
  const checkout =
    sshHosting === undefined || preferred === undefined
      ? null
      : {
          url: `${sshHosting.url}/${organizationName}/${projectName}.git`,
          hostKey: sshHosting.hostKey,
          privateKey: await open(preferred),
        }
  const all = [...additional, ...(checkout === null ? [] : [checkout])]
  return { checkout, additional, private: all.map((key) => key.privateKey) }
}

/** Project variables first, then contexts in the order the job names them: later ones win (semantics 24). */
async function readSecrets(
  ports: TaskSpecPorts,
  context: AttemptContext,
): Promise<{ readonly secrets: readonly EnvironmentEntry[]; readonly contextIds: readonly string[] }> {
  if (isForeign(context)) return { secrets: [], contextIds: [] }
  const { projectId } = context.identity
  const entries: EnvironmentEntry[] = []
  const contextIds: string[] = []
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
    contextIds.push(found.id)
    for (const secret of await ports.secrets.contextVariables(found.id)) {
      entries.push({ name: secret.name, value: await ports.keyRing.open(secret.sealed, contextScope(found.id)) })
    }
  }
  return { secrets: entries, contextIds }
}

/** The list of semantics 24. */
function builtInVariables(
  publicUrl: string,
  repositoryUrl: string,
  context: AttemptContext,
): readonly EnvironmentEntry[] {
  const { job, workflow, pipeline, identity } = context
  const { organizationName: organization, projectName: repository } = context
  const names = pipeline.git.calledAs ?? { organization, repository }
  const values: Readonly<Record<string, string | null>> = {
    CI: 'true',
    CIRCLECI: 'true',
    CIRCLE_BRANCH: toldBranch(pipeline.git),
    CIRCLE_BUILD_NUM: String(job.number),
    CIRCLE_BUILD_URL: `${publicUrl}/jobs/gh/${organization}/${repository}/${job.number}`,
    CIRCLE_JOB: job.name,
    CIRCLE_NODE_INDEX: String(identity.taskIndex),
    CIRCLE_NODE_TOTAL: String(job.parallelism),
    CIRCLE_ORGANIZATION_ID: context.organizationId,
    CIRCLE_PIPELINE_ID: pipeline.id,
    CIRCLE_PREVIOUS_BUILD_NUM: context.previousNumber === null ? null : String(context.previousNumber),
    CIRCLE_PROJECT_ID: identity.projectId,
    CIRCLE_PROJECT_REPONAME: names.repository,
    CIRCLE_PROJECT_USERNAME: names.organization,
    ...pullRequestVariables(pipeline.git),
    CIRCLE_REPOSITORY_URL: repositoryUrl,
    CIRCLE_SHA1: pipeline.git.revision,
    CIRCLE_TAG: pipeline.git.tag,
    CIRCLE_USERNAME: context.actorLogin ?? pipeline.git.authorName,
    CIRCLE_WORKFLOW_ID: workflow.id,
    CIRCLE_WORKFLOW_JOB_ID: job.id,
    CIRCLE_WORKFLOW_WORKSPACE_ID: workflow.workspaceId,
  }
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, value }]))
}

/** `CIRCLE_PULL_REQUEST(S)` wherever one is open, `CIRCLE_PR_…` only where it comes from a fork (semantics 24). */
function pullRequestVariables(git: GitRevision): Readonly<Record<string, string | null>> {
  const { urls = [], user = null, repository = null } = git.pullRequests ?? {}
  const fork = forkOf(git)
  return {
    ...(fork === undefined
      ? {}
      : {
          CIRCLE_PR_NUMBER: /^pull\/(\d+)/.exec(fork)?.[1] ?? null,
          CIRCLE_PR_REPONAME: repository,
          CIRCLE_PR_USERNAME: user,
        }),
    CIRCLE_PULL_REQUEST: urls[0] ?? null,
    CIRCLE_PULL_REQUESTS: urls.length === 0 ? null : urls.join(','),
  }
}
