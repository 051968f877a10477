import { expect, it } from 'vitest'
import { compileText } from '../testing/compile-text.ts'
import { explainPlan } from './explain.ts'

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
  expect(main?.jobs[1]?.steps).toEqual([
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

it('names the file alone where the source is not at hand', () => {
  const { plan } = compileText(source, { orbs })

  const [main] = explainPlan(plan!, new Map())

  expect(main?.place).toEqual({ file: 'config.yml' })
})
