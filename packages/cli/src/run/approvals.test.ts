import { PassThrough } from 'node:stream'
import type { PipelineView } from '@rondo/protocol'
import { beforeEach, expect, test } from 'vitest'
import { Approvals } from './approvals.ts'
import type { Connection } from './connection.ts'

let calls: string[]
const connection = { call: async (_method: string, path: string) => calls.push(path) } as unknown as Connection
beforeEach(() => {
  calls = []
})

const pipeline = {
  workflows: [
    {
      id: 'w',
      jobs: [
        { id: 'h', name: 'hold', type: 'approval', status: 'on_hold' },
        { id: 'b', name: 'build', type: 'build', status: 'success' },
      ],
    },
  ],
} as unknown as PipelineView

/** Somebody at a terminal who types lines. */
function person(): NodeJS.ReadStream {
  return Object.assign(new PassThrough(), { unref: () => undefined }) as unknown as NodeJS.ReadStream
}

test('a name approved beforehand that is of no approval job is known as such', () => {
  const approvals = new Approvals(connection, new Set(['hold', 'build', 'hodl']), undefined)
  approvals.look(pipeline)
  expect(calls).toEqual(['/api/v2/workflow/w/approve/h'])
  expect(approvals.unknown()).toEqual(['build', 'hodl'])
})

test('an answer that is neither yes nor no is asked again in words, and approves nothing', () => {
  const input = person()
  const approvals = new Approvals(connection, new Set(), input)
  approvals.look(pipeline)
  input.emit('data', 'sure\n')
  expect(approvals.question()).toBe('"sure" is neither yes nor no. Approve hold?  y/n, then Enter')
  expect(calls).toEqual([])
  input.emit('data', 'Yes\n')
  expect(calls).toEqual(['/api/v2/workflow/w/approve/h'])
  expect(approvals.question()).toBeUndefined()
})
