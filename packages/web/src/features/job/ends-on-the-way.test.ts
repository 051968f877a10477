import type { StepView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { endsOnTheWay } from './ends-on-the-way.ts'

function step(id: string, from: number, to: number | null, more: Partial<StepView> = {}): StepView {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
  return {
    ...{ id, index: from, name: id, type: 'run', command: null, phase: to === null ? 'running' : 'finished' },
    ...{ result: to === null ? null : 'passed', exitCode: null, reruns: 0, background: false },
    ...{ startedAt: at(from), finishedAt: to === null ? null : at(to), outputBytes: 0, truncated: false },
    outputExpired: false,
    ...more,
  }
}

const ends = (...steps: readonly StepView[]) =>
  [...endsOnTheWay(steps)].map(([id, at]) => `${id} ${new Date(at).getUTCSeconds()}`)

test('a step that another follows ended when that one began, whatever of its output is still to come', () => {
  expect(ends(step('build', 0, 3), step('test', 3, null), step('lint', 8, null), step('store', 9, null))).toEqual([
    'test 8',
    'lint 9',
  ])
})

test('of the last step nobody knows, nor do steps in the background and shells tell anything', () => {
  expect(ends(step('build', 0, 3), step('test', 3, null))).toEqual([])
  expect(ends(step('serve', 0, null, { background: true }), step('test', 3, null))).toEqual([])
  expect(ends(step('again', 0, null), step('Shell', 3, null, { type: 'shell' }))).toEqual([])
  expect(ends(step('Shell', 0, null, { type: 'shell' }), step('again', 3, null))).toEqual([])
})
