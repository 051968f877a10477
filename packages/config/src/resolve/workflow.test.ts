import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { matchesFilters } from '../matches-filters.ts'
import { compileText, errorsOf, workflowOf } from '../testing/compile-text.ts'

const jobs = `jobs:
  a: {docker: [{image: alpine}], steps: [checkout]}
  b: {docker: [{image: alpine}], steps: [checkout]}
  m:
    parameters: {v: {type: string}, os: {type: string, default: linux}}
    docker: [{image: "alpine:<< parameters.v >>"}]
    steps: [{run: echo << parameters.os >>}]`
const config = (entries: string, rest = '') =>
  `version: 2.1\n${jobs}\nworkflows:\n  w:\n    jobs:\n${entries.replaceAll(/^/gm, '      ')}\n${rest}`
const names = (source: string) => workflowOf(source).jobs.map(({ name }) => name)

describe('entries of a workflow', () => {
  it('keep requirements, contexts, filters and types [I-023]', () => {
    const { jobs: nodes } = workflowOf(
      config(`- a
- hold: {type: approval, requires: [a]}
- b:
    name: deploy/prod
    context: [one, two]
    requires: [hold, {a: failed}]
    filters: {branches: {only: main, ignore: [x]}, tags: {only: /v.*/}}
    serial-group: k/1`),
    )

    expect(nodes.map(({ origin: _, ...node }) => node)).toEqual([
      { name: 'a', type: 'build', job: 'a', requires: [], contexts: [] },
      { name: 'hold', type: 'approval', requires: [{ node: 'a', statuses: ['success'] }], contexts: [] },
      {
        name: 'deploy/prod',
        type: 'build',
        job: 'deploy/prod',
        requires: [
          { node: 'hold', statuses: ['success'] },
          { node: 'a', statuses: ['failed'] },
        ],
        contexts: ['one', 'two'],
        filters: { branches: { only: ['main'], ignore: ['x'] }, tags: { only: ['/v.*/'] } },
        serialGroup: 'k/1',
      },
    ])
  })

  it('have steps put before and after the job’s own [I-023]', () => {
    const { plan } = compileText(config('- a: {pre-steps: [{run: before}], post-steps: [{run: after}]}'))

    expect(plan?.jobs.a?.steps).toMatchObject([{ command: 'before' }, { type: 'checkout' }, { command: 'after' }])
  })

  it('that are equal in one workflow are numbered', () => {
    expect(names(config('- a\n- a'))).toEqual(['a-1', 'a-2'])
  })

  it('that are equal in one workflow are one job in compiled output, as the original compiler prints them', () => {
    const source = config('- a: {requires: [b]}\n- b: {context: c}\n- a')

    const { output } = compileText(source)

    const { jobs, workflows } = parse(output!)
    expect(Object.keys(jobs)).toEqual(['a', 'b'])
    expect(workflows.w.jobs).toEqual([{ a: { requires: ['b'] } }, { b: { context: 'c' } }, 'a'])
  })

  it('with one name and different bodies are numbered over all workflows, equal ones share a job', () => {
    const { plan } = compileText(config('- m: {v: "1"}', '  x: {jobs: [{m: {v: "2"}}]}\n  y: {jobs: [{m: {v: "1"}}]}'))

    expect(plan?.workflows.map((workflow) => workflow.jobs[0]?.job)).toEqual(['m-1', 'm-2', 'm-1'])
  })

  it('that cannot be found, or form a cycle, are refused with distinct codes [I-031]', () => {
    expect(errorsOf(config('- nobody'))).toEqual(['unknown-job: Cannot find a definition for job named nobody'])
    expect(errorsOf(config('- a: {requires: [x]}'))).toEqual([
      "requires: Job 'a' requires 'x', which is the name of 0 other jobs in workflow 'w'",
    ])
    expect(errorsOf(config('- a: {requires: [b]}\n- b: {requires: [a]}'))).toEqual([
      "cycle: The job `a` is part of a cycle in workflow 'w'",
      "cycle: The job `b` is part of a cycle in workflow 'w'",
    ])
  })

  it('with a false expression filter leave, and take those that need only them along [I-024]', () => {
    expect(
      names(
        config(
          '- a: {filters: pipeline.git.branch == "x"}\n- b: {requires: [a]}\n- m: {v: "1", requires: [a, hold]}\n- hold: {type: approval}',
        ),
      ),
    ).toEqual(['m', 'hold'])
  })

  it('with a true expression filter run on tags as well as on branches', () => {
    const [node] = workflowOf(config('- a: {filters: pipeline.git.branch or pipeline.git.tag}')).jobs

    expect(matchesFilters(node?.filters, { tag: 'v1' })).toBe(true)
    expect(matchesFilters(node?.filters, { branch: 'x' })).toBe(true)
  })

  it('that wait for approval under the name of a job are warned about', () => {
    const { plan, diagnostics } = compileText(config('- a: {type: approval}'))

    expect(plan?.workflows[0]?.jobs).toMatchObject([{ name: 'a', type: 'approval' }])
    expect(diagnostics).toMatchObject([{ code: 'duplicate-name', severity: 'warning' }])
  })

  it('with an indentation slip are refused with the cure', () => {
    const { diagnostics } = compileText(config('- a:\n  filters: {}'))

    expect(diagnostics).toMatchObject([
      { code: 'expected-type', hint: "Indent 'filters' further, so that it stands below 'a'" },
    ])
  })
})

describe('a matrix', () => {
  it('counts where an argument is given beside it too, with a warning', () => {
    const source = config('- m: {v: "9", matrix: {parameters: {v: ["1"]}}}')

    expect(compileText(source).plan?.jobs['m-1']?.executor).toMatchObject({ images: [{ image: 'alpine:1' }] })
    expect(compileText(source).diagnostics).toMatchObject([{ code: 'matrix', severity: 'warning' }])
  })

  it('makes a job of every row but the excluded ones, named by its values [I-023]', () => {
    const matrix = '{parameters: {v: ["1", "2"], os: [linux, macos]}, exclude: [{v: "2", os: linux}]}'

    expect(names(config(`- m: {matrix: ${matrix}}`))).toEqual(['m-linux-1', 'm-macos-1', 'm-macos-2'])
  })

  it('is required as a whole by its alias, or a row by its name', () => {
    const { jobs: nodes } = workflowOf(
      config(
        '- m: {matrix: {alias: all, parameters: {v: ["1", "2"]}}}\n- a: {requires: [all]}\n- b: {requires: [m-2]}',
      ),
    )

    expect(nodes[2]?.requires.map(({ node }) => node)).toEqual(['m-1', 'm-2'])
    expect(nodes[3]?.requires.map(({ node }) => node)).toEqual(['m-2'])
  })

  it('gives its values to the entry', () => {
    const { jobs: nodes } = workflowOf(
      config('- m: {name: "t-<< matrix.v >>", context: c-<< matrix.v >>, matrix: {parameters: {v: ["1"]}}}'),
    )

    expect(nodes).toMatchObject([{ name: 't-1', contexts: ['c-1'] }])
  })
})

describe('conditions of a workflow', () => {
  it.each([
    ['pipeline.git.branch == "main"', true],
    ['pipeline.git.branch matches /ma.*/ and not pipeline.git.tag', true],
    ['{equal: [main, << pipeline.git.branch >>]}', true],
    ['{and: [true, {not: << pipeline.git.branch.is_default >>}]}', true],
    ['{or: [0, "", null, false, .nan]}', false],
    ['{matches: {pattern: "^(?!ma).*$", value: << pipeline.git.branch >>}}', false],
    ['<< pipeline.git.tag >>', false],
    ['"\\"false\\""', true],
    ['{equal: ["1", 1]}', false],
  ])('when: %s is %s [I-022]', (condition, kept) => {
    const { plan, diagnostics } = compileText(
      `version: 2.1\n${jobs}\nworkflows: {w: {when: ${condition.startsWith('pipeline') ? `'${condition}'` : condition}, jobs: [a]}}`,
    )

    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(plan?.workflows.length).toBe(kept ? 1 : 0)
  })

  it.each(['{nor: [1]}', '{and: []}', '{not: [true]}', '{matches: {pattern: "("  , value: x}}'])(
    'that are no statement are refused: %s',
    (condition) => {
      expect(errorsOf(`version: 2.1\n${jobs}\nworkflows: {w: {when: ${condition}, jobs: [a]}}`)).toHaveLength(1)
    },
  )
})

it('a condition that an indentation slip gave two statements is decided by the first, with a warning', () => {
  const condition = 'and:\n      - not:\n        equal: [a, b]'

  const { plan, diagnostics } = compileText(
    `version: 2.1\n${jobs}\nworkflows:\n  w:\n    when:\n      ${condition}\n    jobs: [a]`,
  )

  expect(plan?.workflows).toHaveLength(1)
  expect(diagnostics).toMatchObject([{ code: 'logic', severity: 'warning' }])
})

describe('schedules', () => {
  const schedule = (cron: string) =>
    config('- a', `    triggers: [{schedule: {cron: "${cron}", filters: {branches: {only: main}}}}]`)

  it('are part of the plan [I-027]', () => {
    expect(workflowOf(schedule('0 1 * * 1-5')).schedules).toEqual([
      { cron: '0 1 * * 1-5', branches: { only: ['main'] } },
    ])
  })

  it.each(['*/20 * * * *', '0 1,3-5 * * *', '0 0 * * Tue-Sat', '0 0 * *', '60 0 * * *'])(
    'with the cron text %s are refused [I-027]',
    (cron) => {
      expect(errorsOf(schedule(cron))).toEqual([expect.stringMatching(/^schedule: /)])
    },
  )
})

describe('a job group', () => {
  const groups = 'job-groups: {g: {jobs: [a, {b: {requires: [a]}}]}}'

  it('stands between a start and an end, and its end is what others require', () => {
    const { jobs: nodes } = workflowOf(config('- g\n- m: {v: "1", requires: [g]}', groups))

    expect(nodes.map(({ name, type, requires }) => [name, type, requires.map(({ node }) => node)])).toEqual([
      ['g/group-start', 'no-op', []],
      ['a', 'build', ['g/group-start']],
      ['b', 'build', ['a']],
      ['g/group-end', 'no-op', ['b']],
      ['m', 'build', ['g/group-end']],
    ])
  })

  it('with a serial-group holds a lock from start to end', () => {
    const { jobs: nodes } = workflowOf(config('- g: {name: x, serial-group: k}', groups))

    expect(nodes[0]).toMatchObject({ name: 'x/lock', type: 'lock', key: 'k' })
    expect(nodes.at(-1)).toMatchObject({
      name: 'x/unlock',
      type: 'unlock',
      key: 'k',
      requires: [{ node: 'x/group-end', statuses: expect.arrayContaining(['failed', 'success']) }],
    })
  })

  it('keeps its jobs out of sight of the workflow', () => {
    expect(errorsOf(config('- g\n- m: {v: "1", requires: [a]}', groups))).toEqual([
      expect.stringMatching(/^requires: /),
    ])
  })
})
