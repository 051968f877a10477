import { compile } from '@rondo/config'
import type { Plan } from '@rondo/model'
import { expect, test } from 'vitest'
import { selectFromPlan } from './select-from-plan.ts'

const plan = planOf(`
version: 2.1
jobs:
  job: {docker: [{image: debian}], steps: [{run: make}]}
workflows:
  main:
    jobs:
      - job: {name: build}
      - job: {name: lint}
      - job: {name: test, requires: [build]}
      - job: {name: deploy, requires: [test], filters: {branches: {only: release}}}
  nightly:
    triggers: [{schedule: {cron: '0 0 * * *', filters: {branches: {only: main}}}}]
    jobs:
      - job: {name: build}
      - job: {name: report, requires: [build]}
`)

test('a workflow is taken whole, its schedule aside', () => {
  const [workflow, second] = select('nightly').workflows
  expect(workflow?.jobs.map((job) => job.name)).toEqual(['build', 'report'])
  expect(workflow?.schedules).toEqual([])
  expect(second).toBeUndefined()
})

test('a job comes alone: nothing required, no filter', () => {
  const [workflow] = select('deploy').workflows
  expect(workflow?.name).toBe('main')
  expect(workflow?.jobs).toMatchObject([{ name: 'deploy', requires: [] }])
  expect(workflow?.jobs[0]).not.toHaveProperty('filters')
})

test('or with all that it requires, in the order of the config', () => {
  const [workflow] = select('deploy', true).workflows
  expect(workflow?.jobs.map((job) => job.name)).toEqual(['build', 'test', 'deploy'])
  expect(workflow?.jobs.at(-1)?.requires).toMatchObject([{ node: 'test' }])
})

test('of a job of two workflows that of the one which a push runs is meant, and otherwise they must be told apart', () => {
  const both = { ...plan, workflows: plan.workflows.map((workflow) => ({ ...workflow, schedules: [] })) }

  expect(select('build').workflows).toMatchObject([{ name: 'main', jobs: [{ name: 'build' }] }])
  expect(selectFromPlan(both, { name: 'build', withRequired: false })).toEqual({
    problem: 'Job build is in several workflows. Say which: main/build, nightly/build',
  })
  expect(select('nightly/build').workflows).toMatchObject([{ name: 'nightly', jobs: [{ name: 'build' }] }])
})

const matrices = planOf(`
version: 2.1
jobs:
  make: {docker: [{image: debian}], steps: [{run: make}]}
  test: {parameters: {on: {type: string}}, docker: [{image: debian}], steps: [{run: echo << parameters.on >>}]}
workflows:
  main:
    jobs:
      - make
      - test: {matrix: {parameters: {on: [a, b]}}, requires: [make]}
      - test: {name: 'big-<< matrix.on >>', matrix: {alias: big, parameters: {on: [c]}}, requires: [test]}
      - make: {name: after, requires: [big]}
  other:
    triggers: [{schedule: {cron: '0 0 * * *', filters: {branches: {only: main}}}}]
    jobs: [{test: {matrix: {parameters: {on: [z]}}}}]
`)

test.each([
  ['test', false, ['test-a', 'test-b', 'big-c']],
  ['main/test', false, ['test-a', 'test-b', 'big-c']],
  ['big', false, ['big-c']],
  ['test-b', false, ['test-b']],
  ['test', true, ['make', 'test-a', 'test-b', 'big-c']],
  ['big', true, ['make', 'test-a', 'test-b', 'big-c']],
  ['other/test', false, ['test-z']],
])(
  'the name of a job with a matrix, or its alias, means all of its rows: %s, required ones too: %s',
  (name, withRequired, jobs) => {
    const part = selectFromPlan(matrices, { name, withRequired })

    expect('plan' in part && part.plan.workflows[0]?.jobs.map((job) => job.name)).toEqual(jobs)
  },
)

test('a matrix of two workflows must be told apart, with names that can be asked for', () => {
  const both = { ...matrices, workflows: matrices.workflows.map((workflow) => ({ ...workflow, schedules: [] })) }

  expect(selectFromPlan(both, { name: 'test', withRequired: false })).toEqual({
    problem: 'Job test is in several workflows. Say which: main/test, other/test',
  })
})

test('an unknown name is answered with the names there are', () => {
  const answer = selectFromPlan(plan, { name: 'biuld', withRequired: false })
  expect(answer).toEqual({
    problem:
      'There is no workflow or job named biuld. There are these workflows, with their jobs:\n  main: build, lint, test, deploy\n  nightly: build, report',
  })
})

function select(name: string, withRequired = false): Plan {
  const part = selectFromPlan(plan, { name, withRequired })
  if ('problem' in part) throw new Error(part.problem)
  return part.plan
}

function planOf(source: string): Plan {
  const { plan, diagnostics } = compile(source, { pipelineValues: {} })
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return plan
}
