import { expect, test } from 'vitest'
import { withSample } from './series.ts'

const empty = { startedAt: '', intervalMs: 1_000, cpus: 1, memoryMb: 1, cpuMilli: [], memoryKb: [] }

test('a long job keeps as many samples as a short one: each stands for more time, and peaks of memory stay', () => {
  let series: Parameters<typeof withSample>[0] = empty
  for (let second = 0; second < 601; second++) series = withSample(series, second, second === 300 ? 9_999 : 5)

  expect(series.intervalMs).toBe(2_000)
  expect(series.cpuMilli).toHaveLength(300)
  expect(series.cpuMilli.slice(0, 3)).toEqual([1, 3, 5])
  expect(series.memoryKb[150]).toBe(9_999)
  expect(Math.max(...series.memoryKb.filter((_value, at) => at !== 150))).toBe(5)
})
