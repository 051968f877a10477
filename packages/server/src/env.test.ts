import { expect, test } from 'vitest'
import { readServerEnv } from './env.ts'

test('settings come from the environment, and each wrong one is named with what it may be', () => {
  const good = readServerEnv({ RONDO_TIME_RUN: '60', RONDO_RETENTION_TEST_RESULTS: '0' })
  const bad = readServerEnv({ RONDO_TIME_RUN: '0', RONDO_RETENTION_ARTIFACTS: 'soon', RONDO_PORT: 'x' })

  expect([good.env.settings, good.problems]).toEqual([{ 'time.run': 60, 'retention.test-results': 0 }, []])
  expect(bad.problems).toEqual([
    'RONDO_PORT is "x"; use a whole number from 1 to 65535.',
    'RONDO_RETENTION_ARTIFACTS: retention.artifacts cannot be "soon". Give a whole number of days from 0 to 3650; 0 means for ever.',
    'RONDO_TIME_RUN: time.run cannot be 0. Give a whole number of minutes from 1 to 10080.',
  ])
})
