import type { Filters, JobPlan, NewId, Plan, WorkflowNode } from '@rondo/model'
import { describe, expect, test } from 'vitest'
import { jobsFor } from './plan-jobs.ts'

const main = { branch: 'main', tag: null }
const origin = { span: { file: 'config.yml', start: 0, end: 0 }, chain: [] }

describe('filters', () => {
  test('a required job that was filtered out is ignored as a dependency [I-024]', () => {
    const jobs = jobsOf([node('a', [], { branches: { only: ['other'] } }), node('b'), node('c', ['a', 'b'])], main)

    expect(jobs).toEqual({ b: [], c: ['b'] })
  })

  test('a job all of whose requirements were filtered out does not run, nor what requires only it [I-024]', () => {
    const jobs = jobsOf(
      [node('a', [], { branches: { ignore: ['main'] } }), node('b', ['a']), node('c', ['b']), node('d')],
      main,
    )

    expect(jobs).toEqual({ d: [] })
  })

  test.each<[string, Filters | undefined, { branch: string | null; tag: string | null }, boolean]>([
    ['no filter, a branch', undefined, main, true],
    ['no filter, a tag', undefined, { branch: null, tag: 'v1' }, false],
    ['a tag filter that matches', { tags: { only: ['/v.*/'] } }, { branch: null, tag: 'v1' }, true],
    ['a tag filter that matches a part only', { tags: { only: ['/v/'] } }, { branch: null, tag: 'v1' }, false],
    ['a tag filter, a branch', { tags: { only: ['/v.*/'] } }, main, true],
    [
      'a tag filter and all branches ignored, a branch',
      { tags: { only: ['/v.*/'] }, branches: { ignore: ['/.*/'] } },
      main,
      false,
    ],
    ['a literal branch', { branches: { only: ['main'] } }, main, true],
    ['a literal branch is no prefix', { branches: { only: ['mai'] } }, main, false],
  ])('%s [I-025]', (_what, filters, ref, runs) => {
    const jobs = jobsOf([node('a', [], filters)], ref)

    expect(Object.keys(jobs)).toEqual(runs ? ['a'] : [])
  })
})

test('a job takes its slices, class and executor from its body; an approval has none of them', () => {
  const body: JobPlan = {
    name: 'build',
    executor: { type: 'machine', dockerLayerCaching: false },
    resourceClass: 'large',
    steps: [],
    environment: [],
    parallelism: 4,
    origin,
  }
  const plan: Plan = { setup: false, workflows: [], orbs: [], jobs: { build: body } }

  const [build, hold] = jobsFor(
    plan,
    workflow([
      { ...node('build'), job: 'build' },
      { ...node('hold'), type: 'approval' },
    ]),
    main,
    ids(),
  )

  expect(build).toMatchObject({
    status: 'blocked',
    parallelism: 4,
    resourceClass: 'large',
    executor: 'machine',
    plan: body,
    number: null,
    keptFrom: null,
  })
  expect(hold).toMatchObject({
    type: 'approval',
    status: 'blocked',
    parallelism: 1,
    resourceClass: null,
    executor: null,
    plan: null,
  })
})

function jobsOf(
  nodes: readonly WorkflowNode[],
  ref: { branch: string | null; tag: string | null },
): Readonly<Record<string, readonly string[]>> {
  const plan: Plan = { setup: false, workflows: [], orbs: [], jobs: {} }
  return Object.fromEntries(
    jobsFor(plan, workflow(nodes), ref, ids()).map((job) => [
      job.name,
      job.requires.map((requirement) => requirement.node),
    ]),
  )
}

/** `id-1`, `id-2`, … */
function ids(): NewId {
  let last = 0
  return () => `id-${++last}`
}

function workflow(jobs: readonly WorkflowNode[]): Plan['workflows'][number] {
  return { name: 'main', jobs, schedules: [], maxAutoReruns: 0, origin }
}

function node(name: string, requires: readonly string[] = [], filters?: Filters): WorkflowNode {
  return {
    name,
    type: 'build',
    requires: requires.map((required) => ({ node: required, statuses: ['success'] })),
    contexts: [],
    origin,
    ...(filters === undefined ? {} : { filters }),
  }
}
