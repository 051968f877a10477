import { describe, expect, test } from 'vitest'
import { howRerun, howStarted } from './how-started.ts'

const jo = { id: '1', login: 'jo' }

describe('how a pipeline was started', () => {
  test.each([
    ['push by jo', 'webhook', null, jo],
    ['push', 'webhook', null, null],
    ['API by jo', 'api', null, jo],
    ['API', 'explicit', null, null],
    ['schedule nightly as jo', 'scheduled_pipeline', 'nightly', jo],
    ['schedule nightly', 'scheduled_pipeline', 'nightly', null],
    // One of an older server, whose event does not name it.
    ['schedule', 'scheduled_pipeline', null, null],
  ] as const)('%s', (text, trigger, schedule, triggeredBy) => {
    expect(howStarted({ trigger, schedule, triggeredBy })).toBe(text)
  })
})

describe('how a workflow was rerun', () => {
  const first = { rerunOf: null, startedBy: jo, autoRerunNumber: 0, maxAutoReruns: 2 }
  test.each([
    [null, first],
    ['rerun by jo', { ...first, rerunOf: 'x' }],
    ['rerun', { ...first, rerunOf: 'x', startedBy: null }],
    ['automatic rerun 1 of 2', { ...first, rerunOf: 'x', autoRerunNumber: 1 }],
  ])('%s', (text, workflow) => {
    expect(howRerun(workflow)).toBe(text)
  })
})
