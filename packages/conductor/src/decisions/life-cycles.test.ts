import type { JobStatus, Result, WorkflowStatus } from '@rondo/model'
import { isFinalJobStatus, isFinalWorkflowStatus, jobTransitions, mayBecome, workflowTransitions } from '@rondo/model'
import { describe, expect, test } from 'vitest'
import { requiredStatusOf, statusOfSlices } from './life-cycles.ts'

describe('a job of several slices', () => {
  test.each<[readonly Result[], JobStatus]>([
    [['passed'], 'success'],
    [['passed', 'passed', 'passed'], 'success'],
    [['passed', 'skipped'], 'success'],
    [['passed', 'failed', 'passed'], 'failed'],
    [['failed', 'canceled'], 'failed'],
    [['passed', 'canceled'], 'canceled'],
    [['failed', 'timed-out'], 'timedout'],
    [['timed-out', 'lost', 'passed'], 'infrastructure_fail'],
    [['unknown', 'failed'], 'terminated-unknown'],
    [['unknown', 'lost'], 'infrastructure_fail'],
    [['lost'], 'infrastructure_fail'],
  ])('slices %j end it as %s [I-042]', (results, expected) => {
    expect(statusOfSlices(results)).toBe(expected)
    expect(statusOfSlices(results.toReversed())).toBe(expected)
  })
})

describe('the table of job states', () => {
  const all = Object.keys(jobTransitions) as JobStatus[]

  test('a final status has no successor and every other has one [I-034]', () => {
    expect(all.filter((status) => jobTransitions[status].length === 0)).toEqual(all.filter(isFinalJobStatus))
  })

  test('exactly the final statuses count for what requires the job [I-034]', () => {
    expect(all.filter((status) => requiredStatusOf(status) !== undefined)).toEqual(all.filter(isFinalJobStatus))
  })

  test('a job that has run cannot be blocked again, and one that waits can be canceled [I-034]', () => {
    expect(all.some((status) => mayBecome(status, 'blocked'))).toBe(false)
    expect(
      (['blocked', 'queued', 'running', 'on_hold'] as const).every((status) => mayBecome(status, 'canceled')),
    ).toBe(true)
  })
})

describe('the table of workflow states', () => {
  const all = Object.keys(workflowTransitions) as WorkflowStatus[]

  test('a final status has no successor and every other has one [I-033]', () => {
    expect(all.filter((status) => workflowTransitions[status].length === 0)).toEqual(all.filter(isFinalWorkflowStatus))
  })

  test('a workflow in which a job has failed cannot succeed any more [I-033]', () => {
    expect(workflowTransitions.failing).not.toContain('success')
  })
})
