/** The one table of how a status looks and reads. */
export type Tone = 'good' | 'bad' | 'busy' | 'wait' | 'hold' | 'off'

export interface StatusLook {
  readonly word: string
  readonly tone: Tone
  /** Path data in a 16 by 16 box; none means the turning ring of work in progress. */
  readonly icon: string
}

const check = 'M3.5 8.5l3 3 6-6.5'
const cross = 'M4.5 4.5l7 7m0-7l-7 7'
const dash = 'M4 8h8'
const pause = 'M6 4.5v7m4-7v7'
const dots = 'M4 8h.01M8 8h.01M12 8h.01'
const slash = 'M4 12L12 4'
const bang = 'M8 4v5m0 3h.01'

const table: Readonly<Record<string, StatusLook>> = {
  success: { word: 'Success', tone: 'good', icon: check },
  passed: { word: 'Passed', tone: 'good', icon: check },
  failed: { word: 'Failed', tone: 'bad', icon: cross },
  failing: { word: 'Failing', tone: 'bad', icon: '' },
  error: { word: 'Error', tone: 'bad', icon: bang },
  errored: { word: 'Config error', tone: 'bad', icon: bang },
  timedout: { word: 'Timed out', tone: 'bad', icon: cross },
  'timed-out': { word: 'Timed out', tone: 'bad', icon: cross },
  infrastructure_fail: { word: 'Infrastructure failure', tone: 'bad', icon: bang },
  'terminated-unknown': { word: 'Ended unknown', tone: 'bad', icon: bang },
  unknown: { word: 'Unknown', tone: 'bad', icon: bang },
  retried: { word: 'Retried', tone: 'off', icon: dash },
  lost: { word: 'Lost', tone: 'bad', icon: bang },
  unauthorized: { word: 'Unauthorized', tone: 'bad', icon: slash },
  running: { word: 'Running', tone: 'busy', icon: '' },
  queued: { word: 'Queued', tone: 'wait', icon: dots },
  not_running: { word: 'Starting', tone: 'wait', icon: dots },
  blocked: { word: 'Blocked', tone: 'wait', icon: dots },
  on_hold: { word: 'Needs approval', tone: 'hold', icon: pause },
  canceled: { word: 'Canceled', tone: 'off', icon: slash },
  not_run: { word: 'Not run', tone: 'off', icon: dash },
  ended: { word: 'Ended beside the job', tone: 'off', icon: dash },
  skipped: { word: 'Skipped', tone: 'off', icon: dash },
}

export function lookOf(status: string): StatusLook {
  return table[status] ?? { word: status.replaceAll('_', ' '), tone: 'off', icon: dash }
}

const worstFirst = [
  'errored',
  'error',
  'failed',
  'failing',
  'unauthorized',
  'running',
  'on_hold',
  'canceled',
  'success',
  'not_run',
]

/** One status for a pipeline: the one people need to know of first. */
export function pipelineStatus(state: string, workflows: readonly string[]): string {
  if (state === 'errored') return 'errored'
  return worstFirst.find((status) => workflows.includes(status)) ?? 'not_run'
}
