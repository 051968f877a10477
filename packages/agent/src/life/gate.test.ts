import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

test('a gate is open when nobody holds it closed, and says the first reason of anybody but one', () => {
  const gate = createGate()
  expect(gate.refusal()).toBeUndefined()

  gate.close('administrator', 'An administrator drains it.')
  expect(gate.refusal()).toBe('An administrator drains it.')
  expect(gate.refusal('administrator')).toBeUndefined()

  gate.close('disk', 'Its disk is full.')
  expect(gate.refusal('administrator')).toBe('Its disk is full.')
  gate.open('administrator')
  expect(gate.refusal()).toBe('Its disk is full.')
})

test('a keeper that gives another reason keeps the time since when it holds the gate', () => {
  let now = new Date('2026-01-01T00:00:00Z')
  const gate = createGate(() => now)
  gate.close('disk', 'Its disk is full.')
  now = new Date('2026-01-01T00:01:00Z')
  const changed = gate.nextChange()
  gate.close('disk', 'Its disk is nearly full.')

  expect(changed.aborted).toBe(true)
  expect(gate.closedSince('disk')).toEqual(new Date('2026-01-01T00:00:00Z'))
})
