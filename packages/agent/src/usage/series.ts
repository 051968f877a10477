import type { UsageSeries } from '@rondo/protocol'

const maxSamples = 600

/** Adds a sample. When there are too many, each two become one of twice the time: CPU as their mean, memory as their peak. */
export function withSample(series: UsageSeries, cpuMilli: number, memoryKb: number): UsageSeries {
  const longer = {
    ...series,
    cpuMilli: [...series.cpuMilli, Math.round(cpuMilli)],
    memoryKb: [...series.memoryKb, Math.round(memoryKb)],
  }
  return longer.cpuMilli.length <= maxSamples ? longer : halved(longer)
}

function halved(series: UsageSeries): UsageSeries {
  const pairs = (values: readonly number[], join: (a: number, b: number) => number) =>
    Array.from({ length: Math.floor(values.length / 2) }, (_, at) => join(values[2 * at]!, values[2 * at + 1]!))
  return {
    ...series,
    intervalMs: series.intervalMs * 2,
    cpuMilli: pairs(series.cpuMilli, (a, b) => Math.round((a + b) / 2)),
    memoryKb: pairs(series.memoryKb, Math.max),
  }
}
