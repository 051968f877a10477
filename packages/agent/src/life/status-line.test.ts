import { expect, test } from 'vitest'
import { createGate } from './gate.ts'
import { statusLine } from './status-line.ts'

const roster = {
  size: 3,
  used: { cpus: 3, memoryMb: 6144 },
  capacity: { cpus: 1.5, memoryMb: 6144, tasks: 6 },
  waitingForSsh: 0,
  kept: 0,
}
const gate = () => createGate(() => new Date('2026-01-01T11:20:00Z'))

test('the line of an agent says what of it is used, and that its processors are offered twice', () => {
  expect(statusLine(roster, gate())).toBe('3 of 6 tasks · 3 of 2 × 1.5 CPUs · 6.0 of 6.0 GB')
})

test('it says since when it drains, and else why it takes nothing new', () => {
  const [drained, full] = [gate(), gate()]
  for (const one of [drained, full]) one.close('disk', 'The disk of /data is 91 % full.')
  drained.close('administrator', 'An administrator drains it.')

  expect(statusLine(roster, drained)).toMatch(/ · draining since 11:20 UTC$/)
  expect(statusLine({ ...roster, waitingForSsh: 1 }, full)).toMatch(
    / · 1 of them for SSH · takes nothing new: The disk of \/data is 91 % full\.$/,
  )
})

test('it says how many environments of failed jobs it keeps, and that it ends them when it drains', () => {
  const drained = gate()
  drained.close('administrator', 'An administrator drains it.')

  expect(statusLine({ ...roster, kept: 2 }, gate())).toBe(
    '1 of 6 tasks · 3 of 2 × 1.5 CPUs · 6.0 of 6.0 GB · 2 kept for owners',
  )
  expect(statusLine({ ...roster, kept: 2 }, drained)).toMatch(/ · ends 2 kept for owners · draining since 11:20 UTC$/)
})
