import { expect, test } from 'vitest'
import { locksToRelease } from './lock-guard.ts'

const node = (
  name: string,
  type: 'lock' | 'build' | 'unlock',
  status: 'success' | 'queued' | 'canceled',
  after: string[],
) => ({
  id: name,
  name,
  type,
  status,
  lockKey: type === 'build' ? null : 'deploy',
  requires: after.map((upstream) => ({ node: upstream, statuses: ['success' as const, 'canceled' as const] })),
})

test.each([
  ['waits for an agent', 'queued', [], []],
  ['is done, and an agent still works on it', 'canceled', ['deploy'], []],
  ['is done', 'success', [], ['lock']],
] as const)(
  'a lock whose unlock node was canceled is given back only when nothing it guards is left: what it guards %s',
  (_when, status, busy, released) => {
    const jobs = [
      node('lock', 'lock', 'success', []),
      node('deploy', 'build', status, ['lock']),
      node('unlock', 'unlock', 'canceled', ['deploy']),
    ]

    const found = locksToRelease(jobs, [{ jobId: 'lock', key: 'deploy', held: true }], new Set(busy), 'running')

    expect(found).toEqual(released)
  },
)

test('a lock is given back although something before its lock node, which nobody waits for any more, waits for the same lock', () => {
  const early = [
    node('early-lock', 'lock', 'queued', []),
    node('early', 'build', 'queued', ['early-lock']),
    node('early-unlock', 'unlock', 'queued', ['early']),
  ]
  const jobs = [
    ...early,
    node('given-up', 'build', 'canceled', ['early']),
    node('lock', 'lock', 'success', ['given-up']),
    node('deploy', 'build', 'success', ['lock']),
    node('unlock', 'unlock', 'success', ['deploy']),
  ]
  const locks = [
    { jobId: 'lock', key: 'deploy', held: true },
    { jobId: 'early-lock', key: 'deploy', held: false },
  ]

  expect(locksToRelease(jobs, locks, new Set(), 'running')).toEqual(['lock'])
})
