import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { compileText, errorsOf } from './testing/compile-text.ts'
import { groups, schedule, steps, workflow } from './testing/workflow-config.ts'

/** What steps and workflows compile to, statement by statement (semantics 14 to 23). */

function stepsOf(source: string): unknown {
  return parse(compileText(source).output ?? '').jobs?.build?.steps
}

function workflowOf(source: string): unknown {
  return parse(compileText(source).output ?? '').workflows?.w
}

it.each<readonly [section: string, what: string, source: string, expected: unknown]>([
  ['14', 'bare steps stay bare', steps('- checkout\n- add_ssh_keys'), ['checkout', 'add_ssh_keys']],
  ['14', 'deploy passes through', steps('- deploy: {command: x, name: y}'), [{ deploy: { command: 'x', name: 'y' } }]],
  ['14.1', 'a text gets no name', steps('- run: text'), [{ run: { command: 'text' } }]],
  [
    '14.1',
    'keys keep their order and values, and nothing is added',
    steps('- run: {when: always, name: n, background: false, command: c}'),
    [{ run: { when: 'always', name: 'n', background: false, command: 'c' } }],
  ],
  [
    '14.2',
    'nested conditions are decided and leave no trace',
    steps(
      '- when: {condition: true, steps: [{unless: {condition: false, steps: [checkout]}}]}\n- unless: {condition: 1, steps: [{run: never}]}',
    ),
    ['checkout'],
  ],
  [
    '14.2',
    'steps of a condition may be a parameter, or one step alone',
    steps(
      '- c: {s: [checkout, {run: x}]}',
      'commands: {c: {parameters: {s: {type: steps}}, steps: [{when: {condition: true, steps: << parameters.s >>}}, {when: {condition: true, steps: {run: y}}}]}}',
    ),
    ['checkout', { run: { command: 'x' } }, { run: { command: 'y' } }],
  ],
  ['23.5', 'nothing left is an empty list', steps('- when: {condition: false, steps: [checkout]}'), []],
])('section %s: %s in compiled steps', (_section, _what, source, expected) => {
  expect(stepsOf(source)).toEqual(expected)
})

it.each<readonly [section: string, what: string, source: string, expected: unknown]>([
  [
    '15',
    'reruns and schedules stand behind the jobs, with what a parameter gives them',
    workflow(
      '- a',
      'parameters: {c: {type: string, default: 0 1 * * 1-5}, n: {type: integer, default: 2}}',
      `    max_auto_reruns: << pipeline.parameters.n >>\n${schedule('<< pipeline.parameters.c >>')}`,
    ),
    {
      jobs: ['a'],
      triggers: [{ schedule: { cron: '0 1 * * 1-5', filters: { branches: { only: ['main', '/x.*/'] } } } }],
      max_auto_reruns: 2,
    },
  ],
  [
    '16',
    'a name and statuses by name: the statuses stand apart',
    workflow('- a\n- b: {requires: [{a: [failed, canceled]}]}\n- wait: {requires: [a, {b: not_run}]}'),
    {
      jobs: [
        'a',
        { b: { requires: ['a'], upstream: { a: ['failed', 'canceled'] } } },
        { wait: { requires: ['a', 'b'], upstream: { a: ['success'], b: ['not_run'] } } },
      ],
    },
  ],
  [
    '16',
    'context keeps its shape',
    workflow('- a: {context: x}\n- b: {context: [x, << pipeline.git.branch >>]}'),
    { jobs: [{ a: { context: 'x' } }, { b: { context: ['x', 'main'] } }] },
  ],
  [
    '17',
    'values in the alphabetical order of their names, the last list fastest',
    workflow('- p: {matrix: {parameters: {v: [q, r], n: [1, 2], f: [true]}}}'),
    { jobs: ['p-true-1-q', 'p-true-2-q', 'p-true-1-r', 'p-true-2-r'] },
  ],
  [
    '17',
    'executors with arguments by their names',
    workflow('- p: {matrix: {parameters: {e: [ex, {name: ex2, t: q}]}}}'),
    { jobs: ['p-ex', 'p-ex2'] },
  ],
  [
    '17',
    'an alias means all rows, a full name one; matrix values reach requires',
    workflow(
      '- p: {matrix: {alias: all, parameters: {v: [q, r]}}}\n- p: {name: "n-<< matrix.v >>", requires: ["p-<< matrix.v >>"], matrix: {parameters: {v: [q, r]}}}\n- a: {requires: [all]}',
    ),
    {
      jobs: [
        'p-q',
        'p-r',
        { 'n-q': { requires: ['p-q'] } },
        { 'n-r': { requires: ['p-r'] } },
        { a: { requires: ['p-q', 'p-r'] } },
      ],
    },
  ],
  [
    '17',
    'a row that is required through the alias and by its name is required once, and must fulfil both',
    workflow(
      '- p: {matrix: {alias: all, parameters: {v: [q, r]}}}\n- a: {requires: [all, p-q, {p-r: [failed, success]}]}',
    ),
    { jobs: ['p-q', 'p-r', { a: { requires: ['p-q', 'p-r'] } }] },
  ],
  [
    '17',
    'a matrix that its exclusions empty is absent, as an entry filtered out is',
    workflow('- b\n- p: {matrix: {parameters: {v: [q]}, exclude: [{v: q}]}}\n- a: {requires: [b, p]}'),
    { jobs: ['b', { a: { requires: ['b'] } }] },
  ],
  [
    '18',
    'one name, different bodies: all are numbered, explicit names too',
    workflow('- p: {v: "1"}\n- p: {v: "2"}\n- p: {v: "3", name: x}\n- p: {v: "4", name: x}'),
    { jobs: ['p-1', 'p-2', 'x-1', 'x-2'] },
  ],
  ['18', 'a number is a name as it is written', workflow('- a: {name: 1.10}'), { jobs: ['1.10'] }],
  [
    '19.1',
    'filters keep the shape of their maps, and stand first',
    workflow(
      '- a: {context: c, requires: [b], filters: {branches: {only: /x.*/, ignore: [y]}, tags: {ignore: z}}}\n- b: {filters: {tags: {only: /.*/}}}',
    ),
    {
      jobs: [
        {
          a: {
            filters: { branches: { only: '/x.*/', ignore: ['y'] }, tags: { ignore: 'z' } },
            requires: ['b'],
            context: 'c',
          },
        },
        { b: { filters: { tags: { only: '/.*/' } } } },
      ],
    },
  ],
  [
    '19.2',
    'an expression is decided and gone',
    workflow('- a: {filters: pipeline.git.branch == "main"}\n- b: {filters: pipeline.git.branch == "x"}'),
    { jobs: ['a'] },
  ],
  [
    '21.3',
    'approvals keep their type before what they require',
    workflow('- hold: {requires: [a], type: approval}\n- a'),
    { jobs: [{ hold: { type: 'approval', requires: ['a'] } }, 'a'] },
  ],
  [
    '21.4',
    'lock, unlock and serial-group',
    workflow(
      '- take\n- a: {requires: [take], serial-group: "x/<< pipeline.git.branch >>"}\n- give: {requires: [{a: terminal}]}',
    ),
    {
      jobs: [
        'take',
        { a: { requires: ['take'], 'serial-group': 'x/main' } },
        {
          give: {
            requires: ['a'],
            upstream: { a: ['success', 'failed', 'canceled', 'unauthorized', 'not_run'] },
          },
        },
      ],
    },
  ],
  [
    '21.5',
    'a group under a name: requirements and filters go to its start, its name to its jobs',
    workflow(
      '- g: {name: G, requires: [wait], filters: {branches: {only: main}}}\n- wait\n- p: {requires: [G]}',
      groups,
    ),
    {
      jobs: [
        { 'G/group-start': { filters: { branches: { only: 'main' } }, requires: ['wait'] } },
        { 'G/a': { requires: ['G/group-start'] } },
        { 'G/b': { requires: ['G/a'] } },
        { 'G/group-end': { requires: ['G/b'] } },
        'wait',
        { p: { requires: ['G/group-end'] } },
      ],
    },
  ],
  [
    '21.5',
    'approvals and matrices inside of a group',
    workflow(
      '- g',
      'job-groups: {g: {jobs: [{hold: {type: approval}}, {p: {matrix: {parameters: {v: [q, r]}}, requires: [hold]}}, {a: {requires: [p]}}]}}',
    ),
    {
      jobs: [
        'g/group-start',
        { hold: { type: 'approval', requires: ['g/group-start'] } },
        { 'p-q': { requires: ['hold'] } },
        { 'p-r': { requires: ['hold'] } },
        { a: { requires: ['p-q', 'p-r'] } },
        { 'g/group-end': { requires: ['a'] } },
      ],
    },
  ],
])('section %s: %s in the compiled workflow', (_section, _what, source, expected) => {
  expect(errorsOf(source)).toEqual([])
  expect(workflowOf(source)).toEqual(expected)
})

it('section 21.6: a job of an orb takes the place, the name and the attributes of the job it overrides', () => {
  const orb = `orbs: {o: {jobs: {t: {parameters: {v: {type: string}}, docker: [{image: orb}], steps: [{run: << parameters.v >>}]}}}}`

  const { output } = compileText(workflow('- b\n- a: {override-with: o/t, v: "9", requires: [b]}', orb))

  const { jobs, workflows } = parse(output!)
  expect(jobs.a).toEqual({ docker: [{ image: 'orb' }], steps: [{ run: { command: '9' } }] })
  expect(workflows.w.jobs).toEqual(['b', { a: { requires: ['b'] } }])
})
