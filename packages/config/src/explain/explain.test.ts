import { expect, it } from 'vitest'
import { compileText } from '../testing/compile-text.ts'
import { type ExplainedPart, explainPlan } from './explain.ts'

const orb = `version: 2.1
commands:
  say:
    steps:
      - run: echo from the orb
`
const source = `version: 2.1
orbs: {o: me/orb@1}
commands:
  twice:
    parameters: {then: {type: steps, default: []}}
    steps:
      - o/say
      - steps: << parameters.then >>
jobs:
  build:
    parameters: {v: {type: string}}
    docker: [{image: a}]
    steps:
      - checkout
      - twice:
          then: [run: "late << parameters.v >>"]
workflows:
  main:
    jobs:
      - build:
          matrix: {parameters: {v: ["1", "2"]}}
          post-steps: [run: last]
      - hold: {type: approval, requires: [build-2]}
`
const orbs = { resolve: () => ({ source: orb, resolved: 'me/orb@1.4.0', digest: '' }) }

it('explains every job and step by its place and the calls that led there [I-031]', () => {
  const { plan } = compileText(source, { orbs })

  const [main] = explainPlan(
    plan!,
    new Map([
      ['config.yml', source],
      ['me/orb@1.4.0', orb],
    ]),
  )

  const at = (line: number, column: number, file = 'config.yml') => ({ file, line, column })
  expect(main).toMatchObject({ name: 'main', place: at(18, 3) })
  expect(main?.jobs.map(({ name, type, place, requires }) => ({ name, type, place, requires }))).toEqual([
    { name: 'build-1', type: 'build', place: at(20, 9), requires: [] },
    { name: 'build-2', type: 'build', place: at(20, 9), requires: [] },
    { name: 'hold', type: 'approval', place: at(23, 9), requires: ['build-2'] },
  ])
  expect(main?.jobs[1]?.through.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'workflow main',
    'matrix build-2',
    'job build-2',
  ])
  expect(main?.jobs[1]?.steps.map(({ parts, ...step }) => step)).toEqual([
    { type: 'checkout', name: 'checkout', place: at(14, 9), through: [] },
    {
      type: 'run',
      name: 'echo from the orb',
      place: at(5, 9, 'me/orb@1.4.0'),
      through: [
        { kind: 'command', name: 'twice', place: at(15, 9) },
        { kind: 'command', name: 'o/say', place: at(7, 9) },
      ],
    },
    {
      type: 'run',
      name: 'late 2',
      place: at(16, 18),
      through: [{ kind: 'command', name: 'twice', place: at(15, 9) }],
    },
    {
      type: 'run',
      name: 'last',
      place: at(22, 24),
      through: [{ kind: 'post-steps', name: 'post-steps', place: at(22, 11) }],
    },
  ])
})

it('tells the places of images, variables, requirements, filters and contexts, and the executor they came through [I-031]', () => {
  const text = `version: 2.1
executors:
  small:
    parameters: {tag: {type: string}}
    docker: [{image: "a:<< parameters.tag >>", environment: {D: 1}}, {image: db}]
    environment: {E: shared}
    resource_class: small
jobs:
  build:
    executor: {name: small, tag: x}
    environment: [OWN=1]
    steps:
      - restore_cache:
          keys: [k1, k2]
      - run: {command: make, environment: {S: t}, working_directory: sub}
workflows:
  main:
    jobs:
      - hold: {type: approval}
      - build:
          requires: [{hold: [success, failed]}]
          context: [team]
          filters: {branches: {only: [main, /v.*/]}}
`
  const { plan, places } = compileText(text, { places: true })

  const [, build] = explainPlan(plan!, new Map([['config.yml', text]]), places)[0]!.jobs

  const told = ({ parts }: { parts: readonly ExplainedPart[] }) =>
    parts.map(({ path, value, place, through }) =>
      [path.join('.'), value, `${place.line}:${place.column}`, ...through.map(({ name }) => name)].join(' '),
    )
  expect(told(build!)).toEqual([
    'filters.branches.only.0 main 23:39',
    'filters.branches.only.1 /v.*/ 23:45',
    'contexts.0 team 22:21',
    'requires.0.node hold 21:23',
    'requires.0.statuses.0 success 21:30',
    'requires.0.statuses.1 failed 21:39',
    'name build 20:9',
    'resourceClass small 7:21 small',
    'executor.type docker 5:5 small',
    'executor.images.0.image a:x 5:22 small',
    'executor.images.0.environment.0.name D 5:62 small',
    'executor.images.0.environment.0.value 1 5:65 small',
    'executor.images.1.image db 5:78 small',
    'environment.0.name E 6:19 small',
    'environment.0.value shared 6:22 small',
    'environment.1.name OWN 11:19',
    'environment.1.value 1 11:19',
  ])
  expect(build!.steps.map(told)).toEqual([
    ['keys.0 k1 14:18', 'keys.1 k2 14:22'],
    ['command make 15:24', 'environment.0.name S 15:44', 'environment.0.value t 15:47', 'workingDirectory sub 15:70'],
  ])
})

it('names the file alone where the source is not at hand', () => {
  const { plan } = compileText(source, { orbs })

  const [main] = explainPlan(plan!, new Map())

  expect(main?.place).toEqual({ file: 'config.yml' })
})
