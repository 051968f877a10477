import type { StepView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { areaOf, memory, topOf, usageBySteps } from './usage.ts'

const usage = {
  index: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  intervalMs: 1_000,
  cpus: 2,
  memoryLimitBytes: 4 * 1024 ** 3,
  cpuCores: [0, 1, 2, 1],
  memoryBytes: [10, 30, 20, 5],
}
const step = (name: string, from: number, to: number | null) =>
  ({
    id: name,
    name,
    startedAt: new Date(Date.parse(usage.startedAt) + from).toISOString(),
    finishedAt: to === null ? null : new Date(Date.parse(usage.startedAt) + to).toISOString(),
  }) as StepView

test('what a step used is what was used in its time; one that is too short says nothing, one that runs goes to the end', () => {
  const steps = [
    step('spin up', -900, -100),
    step('build', 1_000, 3_000),
    step('short', 3_000, 3_100),
    step('last', 3_100, null),
  ]

  expect(usageBySteps(usage, steps)).toEqual([
    { id: 'build', name: 'build', from: 0.25, to: 0.75, cpuCores: 1.5, memoryPeak: 30 },
    { id: 'short', name: 'short', from: 0.75, to: 0.775, cpuCores: null, memoryPeak: null },
    { id: 'last', name: 'last', from: 0.775, to: 1, cpuCores: 1, memoryPeak: 5 },
  ])
})

test('a curve is drawn as steps from the ground, to the limit where it comes near', () => {
  expect(areaOf([1, 2], 2, 100, 10)).toBe('0,10 0.0,5.0 50.0,5.0 50.0,0.0 100.0,0.0 100,10')
  expect([topOf([1.9], 2), topOf([2.5], 2), topOf([0.4], 2), topOf([], 2)]).toEqual([2, 2.5, 0.5, 0.1])
})

test('memory is said in powers of two', () => {
  expect([memory(900 * 1024 ** 2), memory(1.5 * 1024 ** 3), memory(4 * 1024 ** 3)]).toEqual([
    '900 MB',
    '1.5 GB',
    '4 GB',
  ])
})
