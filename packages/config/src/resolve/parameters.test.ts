import { describe, expect, it } from 'vitest'
import { errorsOf, jobOf, withSteps } from '../testing/compile-text.ts'

const commands = `commands:
  c:
    parameters:
      s: {type: string, default: ""}
      i: {type: integer, default: 0}
      b: {type: boolean, default: false}
      e: {type: enum, enum: [x, y], default: x}
      v: {type: env_var_name, default: A}
      after: {type: steps, default: []}
    steps:
      - run: s=<< parameters.s >> i=<< parameters.i >> b=<< parameters.b >> e=<< parameters.e >> v=<<parameters.v>>
      - when: {condition: << parameters.b >>, steps: << parameters.after >>}
  outer:
    parameters: {word: {type: string}, then: {type: steps, default: []}}
    steps:
      - c: {s: << parameters.word >>, b: true, after: << parameters.then >>}
  needs: {parameters: {x: {type: string}, y: {type: string}}, steps: [checkout]}`

describe('parameters of commands', () => {
  it('of every type are bound and substituted [I-020]', () => {
    const { steps } = jobOf(withSteps('- c: {s: "t", i: 3, b: yes, e: y, v: B_1, after: [{run: last}]}', commands))

    expect(steps).toMatchObject([{ command: 's=t i=3 b=true e=y v=B_1' }, { command: 'last' }])
  })

  it.each([
    ['{s: 1}', 's', 'string'],
    ['{i: "1"}', 'i', 'integer'],
    ['{b: "true"}', 'b', 'boolean'],
    ['{e: z}', 'e', 'enum (one of "x", "y")'],
    ['{v: 1-x}', 'v', 'env_var_name'],
    ['{after: checkout}', 'after', 'steps'],
    ['{s: null}', 's', 'string'],
  ])('of the wrong type are refused: %s [I-020]', (given, name, type) => {
    expect(errorsOf(withSteps(`- c: ${given}`, commands))).toEqual([
      expect.stringContaining(`Type error for argument ${name}: expected type: ${type}`),
    ])
  })

  it('that are missing or unknown are named [I-020]', () => {
    expect(errorsOf(withSteps('- needs: {z: 1}', commands))).toEqual([
      'missing-argument: Missing required argument(s): x, y',
      'unexpected-argument: Unexpected argument(s): z',
    ])
  })

  it('carry steps through several levels, expanded where they were written', () => {
    const { steps } = jobOf(withSteps('- outer: {word: w, then: [{run: "cat \\\\<<EOF"}, {c: {s: inner}}]}', commands))

    expect(steps.map((step) => step.type === 'run' && step.command)).toEqual([
      's=w i=0 b=true e=x v=A',
      'cat <<EOF',
      's=inner i=0 b=false e=x v=A',
    ])
  })

  it('are not seen by the commands called', () => {
    const source = withSteps(
      '- a: {p: x}',
      'commands: {a: {parameters: {p: {type: string}}, steps: [b]}, b: {steps: [{run: << parameters.p >>}]}}',
    )

    expect(errorsOf(source)).toEqual(['undeclared-parameter: Arguments referenced without declared parameters: p'])
  })

  it('with a default of the wrong type are refused', () => {
    const source = withSteps(
      '- checkout',
      'commands: {a: {parameters: {p: {type: integer, default: x}}, steps: [checkout]}}',
    )

    expect(errorsOf(source)).toEqual([
      `parameter-default: Parameter error: default value of parameter 'p' is '"x"' (type string): expected type integer`,
    ])
  })
})

it('a command that calls itself is refused', () => {
  expect(errorsOf(withSteps('- a', 'commands: {a: {steps: [b]}, b: {steps: [a]}}'))).toEqual([
    expect.stringMatching(/^recursion: Command 'a' calls itself/),
  ])
})
