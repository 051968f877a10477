import type { JobUsageView, StepView } from '@rondo/protocol'

type SliceUsage = JobUsageView['slices'][number]

/** A step's part of a slice's time, as shares of the whole from 0 to 1, and what was used in it. */
export interface StepUsage {
  readonly id: string
  readonly name: string
  readonly from: number
  readonly to: number
  /** Mean cores; null: too short for a sample of its own. */
  readonly cpuCores: number | null
  readonly memoryPeak: number | null
}

/** What each step used, by the times of both. */
export function usageBySteps(usage: SliceUsage, steps: readonly StepView[]): readonly StepUsage[] {
  const start = Date.parse(usage.startedAt)
  const whole = usage.cpuCores.length * usage.intervalMs
  const share = (time: number) => Math.min(1, Math.max(0, (time - start) / whole))
  return steps.flatMap((step) => {
    const begun = Date.parse(step.startedAt)
    const ended = step.finishedAt === null ? start + whole : Date.parse(step.finishedAt)
    if (ended <= start || begun >= start + whole) return []
    const [first, last] = [(begun - start) / usage.intervalMs, (ended - start) / usage.intervalMs]
    const inside = (_value: number, at: number) => at + 0.5 >= first && at + 0.5 <= last
    const [cpu, memory] = [usage.cpuCores.filter(inside), usage.memoryBytes.filter(inside)]
    return [
      {
        id: step.id,
        name: step.name,
        from: share(begun),
        to: share(ended),
        cpuCores: cpu.length === 0 ? null : cpu.reduce((sum, value) => sum + value, 0) / cpu.length,
        memoryPeak: memory.length === 0 ? null : Math.max(...memory),
      },
    ]
  })
}

/** Points of an area under these values, for a drawing of this size whose top is `most`. */
export function areaOf(values: readonly number[], most: number, width: number, height: number): string {
  const x = (at: number) => ((at / Math.max(1, values.length)) * width).toFixed(1)
  const y = (value: number) => (height - (Math.min(value, most) / most) * height).toFixed(1)
  const tops = values.map((value, at) => `${x(at)},${y(value)} ${x(at + 1)},${y(value)}`)
  return `0,${height} ${tops.join(' ')} ${width},${height}`
}

/** The top of a curve's drawing: a little above its peak, and the limit when it comes near. */
export function topOf(values: readonly number[], limit: number): number {
  const peak = Math.max(0, ...values)
  return peak > limit * 0.6 ? Math.max(limit, peak) : Math.max(limit * 0.05, peak * 1.25)
}

/** `512 MB`, `1.5 GB`: powers of two, as limits of memory are set. */
export function memory(bytes: number): string {
  const mb = bytes / 1024 ** 2
  return mb >= 1000 ? `${Math.round((mb / 1024) * 10) / 10} GB` : `${Math.round(mb)} MB`
}

export function cores(count: number): string {
  return String(Math.round(count * 100) / 100)
}
