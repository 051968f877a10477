import { AppError, type UsageRecord } from '@rondo/model'
import type { UsageSeries } from '@rondo/protocol'

const maxSamples = 600
const maxNumber = 2 ** 31 - 1

/** An agent's word, looked at before it is kept: it comes from another machine. */
export function usageRecord(usage: UsageSeries): UsageRecord {
  const startedAt = new Date(usage.startedAt)
  const { intervalMs, cpus, memoryMb, cpuMilli, memoryKb } = usage
  const whole = [intervalMs, memoryMb, ...cpuMilli, ...memoryKb]
  const fits =
    !Number.isNaN(startedAt.getTime()) &&
    cpuMilli.length <= maxSamples &&
    cpuMilli.length === memoryKb.length &&
    cpus > 0 &&
    whole.every((value) => Number.isInteger(value) && value >= 0 && value <= maxNumber)
  if (!fits)
    throw new AppError('bad-request', 'These samples of what the attempt uses are not as the contract has them.')
  return { startedAt, intervalMs, cpus, memoryMb, cpuMilli, memoryKb }
}
