import type { Accounts, Clock, DuePush, GitHosting, Project, PushActions, PushedRef, Pushes } from '@rondo/model'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface FinishPushesPorts {
  readonly pushes: Pick<Pushes, 'due' | 'othersDid' | 'postpone' | 'settle'>
  readonly following: Pick<PushActions, 'follow'>
  readonly accounts: Pick<Accounts, 'project'>
  readonly hosting: Pick<GitHosting, 'reached'>
  readonly clock: Clock
}

const batch = 50
const soonestMs = 30_000
/** As long as request keys are kept: later, nobody could say whether a pipeline was made. */
const givenUpAfterMs = 23 * 3_600_000

/** Does what follows from pushes whose process ended, or met trouble, after Git had moved their refs. Any number of processes may do so. */
export function finishPushes(ports: FinishPushesPorts, options: LoopOptions, signal: AbortSignal): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: options.everyMs ?? 5_000,
      round: () => finishDuePushes(ports, options.onError),
      onError: options.onError,
      onRound: options.onRound,
    },
    signal,
  )
}

/** One round; answers whether there may be more. */
export async function finishDuePushes(
  ports: Omit<FinishPushesPorts, 'clock'>,
  onError?: (error: unknown) => void,
): Promise<boolean> {
  const due = await ports.pushes.due(batch)
  for (const push of due) {
    // One that cannot be followed must not keep the others from it.
    await finish(ports, push, onError).catch((error: unknown) => onError?.(error))
  }
  return due.length === batch
}

async function finish(
  { pushes, following, accounts, hosting }: Omit<FinishPushesPorts, 'clock'>,
  push: DuePush,
  onError?: (error: unknown) => void,
): Promise<void> {
  if (push.ageMs > givenUpAfterMs) return pushes.settle(push.id)
  // First, so that whatever goes wrong below goes wrong ever more rarely.
  await pushes.postpone(push.id, Math.max(soonestMs, push.ageMs))
  const project = await accounts.project(push.projectId)
  if (project === undefined) return pushes.settle(push.id)
  const moved = await refsThatMoved(hosting, project, push.refs)
  // Its bytes may still be on their way to Git.
  if (moved.length === 0) return
  const others = await Promise.all(moved.map((ref) => pushes.othersDid(push, ref)))
  const own = moved.filter((_, at) => !others[at])
  const outcomes = await following.follow(project, push, own)
  for (const outcome of outcomes) if (outcome.kind === 'failed') onError?.(outcome.error)
}

async function refsThatMoved(
  hosting: FinishPushesPorts['hosting'],
  project: Project,
  refs: readonly PushedRef[],
): Promise<readonly PushedRef[]> {
  const repository = { organization: project.organizationName, name: project.name }
  const reached = await Promise.all(refs.map((ref) => hosting.reached(repository, ref)))
  return refs.filter((_, at) => reached[at])
}
