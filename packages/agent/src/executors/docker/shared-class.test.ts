import { expect, test } from 'vitest'
import { shareClass } from './shared-class.ts'

test('on an engine that makes control groups by systemd each container has the class, and the job says so', () => {
  const told: string[] = []

  const shared = shareClass('systemd', { name: 'attempt', limits: { cpus: 1, memoryMb: 1024 } }, (line) =>
    told.push(line),
  )

  expect(shared.parent).toBeUndefined()
  expect(shared.holds(process.pid)).toBe(false)
  expect(told).toEqual([
    'NOTICE: each container of this job may use its whole resource class, for the engine makes control groups by systemd; it takes its cgroup driver cgroupfs.',
  ])
})
