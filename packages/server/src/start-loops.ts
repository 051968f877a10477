import { randomId, systemClock } from '@rondo/adapters'
import {
  announce,
  applyRetention,
  type Compiler,
  doChores,
  enforceLimits,
  expireOrbs,
  type Forecaster,
  finishPushes,
  foretellStarts,
  resumeContinuations,
  runSchedules,
  type StartChecks,
  sayStillRunning,
  sweepLeases,
  sweepObjects,
} from '@rondo/conductor'
import type { GitHosting, Objects, PushActions, StepOutput, UserActions } from '@rondo/model'
import type { Store } from '@rondo/store'
import type { ServerEnv } from './env.ts'
import type { Instance } from './instance-lock.ts'
import type { openLog } from './log.ts'
import { toldLoop } from './loop-health.ts'

/** What everything in the server is built on. */
export interface Basis {
  readonly store: Store
  readonly compiler: Compiler
  readonly output: StepOutput
  readonly log: ReturnType<typeof openLog>
  readonly instance: Instance
}

/** What goes on by itself, for as long as the server runs. Each ends with the signal, after the round it is in. */
export function startLoops(
  {
    store,
    compiler,
    output,
    checks,
    actions,
    pushes,
    hosting,
    objects,
    forecaster,
    log,
    env,
  }: Omit<Basis, 'instance'> & {
    readonly env: ServerEnv
    readonly checks: StartChecks
    readonly actions: UserActions
    readonly pushes: PushActions
    readonly hosting: GitHosting
    readonly objects: Objects
    readonly forecaster: Forecaster
  },
  signal: AbortSignal,
): readonly Promise<void>[] {
  const ports = {
    engine: store.engine,
    wakeups: store.wakeups,
    output,
    compiler,
    checks,
    clock: systemClock,
    newId: randomId,
  }
  const loop = (name: string, everyMs: number, what: string) =>
    toldLoop(store.operations, { name, everyMs }, (error) => log.error(error, what))
  const kept = { ...ports, retention: store.retention, settings: store.settings, objects }
  const { instance: name, roles, lostAfterMs } = env
  const onError = (error: unknown) => log.error(error, 'not announced')
  const loops = [announce(ports, { instance: { name, roles }, onError }, signal)]
  if (roles.includes('cron'))
    loops.push(
      runSchedules(
        { schedules: store.schedules, accounts: store.accounts, actions, clock: systemClock },
        loop('schedules', 5_000, 'a schedule did not run'),
        signal,
      ),
    )
  if (!roles.includes('conductor')) return loops
  return [
    ...loops,
    sweepLeases(
      { ...ports, settings: store.settings },
      { lostAfterMs, ...loop('leases', 5_000, 'lease sweep failed') },
      signal,
    ),
    doChores(ports, loop('chores', 2_000, 'a chore failed'), signal),
    finishPushes(
      { ...ports, pushes: store.pushes, following: pushes, accounts: store.accounts, hosting },
      loop('pushes', 5_000, 'what follows from a push was not done'),
      signal,
    ),
    enforceLimits(kept, loop('time limits', 5_000, 'limits were not enforced'), signal),
    resumeContinuations(ports, loop('continuations', 5_000, 'continuations were not resumed'), signal),
    foretellStarts({ ...ports, forecaster }, loop('forecasts', 2_000, 'starts were not foretold'), signal),
    sayStillRunning(
      { ...ports, queue: store.queue },
      {
        ...loop('heartbeat', 120_000, 'the heartbeat failed'),
        say: (tasks) => log.info({ part: 'dispatcher', ...tasks }, 'Still running...'),
      },
      signal,
    ),
    applyRetention(kept, loop('retention', 600_000, 'retention was not applied'), signal),
    expireOrbs({ ...ports, orbs: store.orbs }, loop('orbs', 600_000, 'dev versions of orbs did not expire'), signal),
    sweepObjects(kept, loop('objects', 60_000, 'objects were not swept'), signal),
  ]
}
