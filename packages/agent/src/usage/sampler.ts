import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { ControlPlane, TaskSpec, UsageSeries } from '@rondo/protocol'
import type { Usage } from '../executors/control-groups.ts'
import { withSample } from './series.ts'

const firstIntervalMs = 1_000
const sendEveryMs = 5_000

export interface SamplerPorts {
  readonly spec: TaskSpec
  /** Folder of the attempt, in which the series outlives this agent. */
  readonly root: string
  readonly controlPlane: Pick<ControlPlane, 'reportUsage'>
  readonly read: () => Usage | undefined
}

/**
 * Looks at what the job uses, once a second at first and more seldom the longer it takes, and tells the server every five
 * seconds, the last time when the answer is called. What cannot be told is told with the next; the job does not wait for it.
 */
export function sampleUsage({ spec, root, controlPlane, read }: SamplerPorts): () => Promise<void> {
  const file = join(root, 'usage.json')
  let series = left(file) ?? emptySeries(spec)
  let before = { at: performance.now(), usage: read() }
  let sending: Promise<void> = Promise.resolve()
  let sentAt = performance.now()
  let timer: ReturnType<typeof setTimeout>

  function take(): void {
    const now = { at: performance.now(), usage: read() }
    if (now.usage !== undefined && before.usage !== undefined) {
      const cores = Math.max(0, now.usage.cpuMs - before.usage.cpuMs) / (now.at - before.at)
      series = withSample(series, cores * 1000, now.usage.memoryBytes / 1024)
    }
    before = now
  }

  function send(): Promise<void> {
    sentAt = performance.now()
    keep(file, series)
    if (series.cpuMilli.length === 0) return sending
    const told = series
    sending = sending.then(() => controlPlane.reportUsage(spec, told)).catch(() => {})
    return sending
  }

  function tick(): void {
    take()
    if (performance.now() - sentAt >= sendEveryMs) void send()
    timer = setTimeout(tick, series.intervalMs)
  }

  timer = setTimeout(tick, series.intervalMs)
  return () => {
    clearTimeout(timer)
    // The end of a short job is most of what is to be seen of it.
    if (performance.now() - before.at > series.intervalMs / 4) take()
    return send()
  }
}

function emptySeries({ resources }: TaskSpec): UsageSeries {
  return {
    startedAt: new Date().toISOString(),
    intervalMs: firstIntervalMs,
    cpus: Math.min(resources.cpus, availableParallelism()),
    memoryMb: Math.min(resources.memoryMb, Math.floor(totalmem() / 1024 / 1024)),
    cpuMilli: [],
    memoryKb: [],
  }
}

/** What an agent before this one saw. The time in which there was none is shown as if nothing was used. */
function left(file: string): UsageSeries | undefined {
  try {
    const series = JSON.parse(readFileSync(file, 'utf8')) as UsageSeries
    const missing = Math.floor((Date.now() - Date.parse(series.startedAt)) / series.intervalMs) - series.cpuMilli.length
    let whole = series
    for (let count = 0; count < Math.min(missing, 600); count++) whole = withSample(whole, 0, 0)
    return whole
  } catch {
    return undefined
  }
}

function keep(file: string, series: UsageSeries): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(series), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch {
    // A full disk costs the curve of a restarted agent, not the job.
  }
}
