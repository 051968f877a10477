import { sandboxWorks } from '@rondo/testkit'
import { describe, expect, test } from 'vitest'
import { experiments } from './chaos/experiments.ts'

const works = sandboxWorks()
/** The full figures take many minutes: `npm run chaos -- NAME`. */
const short = { workflows: 4, jobs: 4, lines: 60, 'at-once': 2 }

test.runIf(!works)('chaos is left out: the host sandbox does not work here', () => {
  expect(works).toBe(false)
})

describe
  .runIf(works)
  .concurrent('with roles over three processes, no job is lost or started twice and no byte is missing', () => {
    test.each([
      ['server processes are killed [R-01]', 'servers', 9, 2],
      ['PostgreSQL is killed [R-02]', 'database', 5, 3],
      ['the agent is killed [R-09] [R-19]', 'agent', 3, 2],
      ['server processes stand still for 15 s and go on [R-07]', 'paused', 3, 5],
    ] as const)(
      'when %s',
      async (_title, name, kills, seconds) => {
        const findings = await experiments[name].run(
          { ...short, kills, seconds, ...(name === 'paused' ? { pause: 15 } : {}) },
          { executor: 'sandbox', say: () => {} },
        )

        expect(findings.problems).toEqual([])
        expect(findings.figures).toMatchObject({ pipelines: expect.any(Number), 'jobs started twice': 0 })
        expect(findings.figures.jobs).toBeGreaterThanOrEqual(short.workflows * short.jobs)
      },
      900_000,
    )
  })
