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

describe('defaults of parameters', () => {
  const command = (parameters: string, steps: string) => `commands: {c: {parameters: ${parameters}, steps: [${steps}]}}`
  const show = 'run: << parameters.a >>'

  it('refer to other parameters of their command, also to later ones', () => {
    const rest = command(
      '{a: {type: string, default: "hi << parameters.b >>"}, b: {type: string, default: me}, n: {type: integer, default: << parameters.m >>}, m: {type: integer, default: 2}}',
      `{${show}}, {run: n << parameters.n >>}`,
    )

    expect(jobOf(withSteps('- c', rest)).steps).toMatchObject([{ command: 'hi me' }, { command: 'n 2' }])
    expect(jobOf(withSteps('- c: {b: you, m: 3}', rest)).steps).toMatchObject([
      { command: 'hi you' },
      { command: 'n 3' },
    ])
  })

  it('of type steps see them, too', () => {
    const rest = command(
      '{then: {type: steps, default: [{run: "echo << parameters.a >>"}]}, a: {type: string, default: x}}',
      '<< parameters.then >>',
    )

    expect(jobOf(withSteps('- c: {a: y}', rest)).steps).toMatchObject([{ command: 'echo y' }])
  })

  it('refer to other parameters of their job and executor', () => {
    const source = `version: 2.1
executors: {e: {parameters: {image: {type: string, default: "alpine:<< parameters.tag >>"}, tag: {type: string, default: "3"}}, docker: [{image: << parameters.image >>}]}}
jobs:
  b:
    parameters: {e: {type: executor, default: << parameters.other >>}, other: {type: executor, default: e}}
    executor: << parameters.e >>
    steps: [checkout]
workflows: {w: {jobs: [b]}}`

    expect(jobOf(source, 'b').executor).toMatchObject({ images: [{ image: 'alpine:3' }] })
  })

  it('refer to other parameters of their command in an orb', () => {
    const orb = command('{a: {type: string, default: "<< parameters.b >>!"}, b: {type: string}}', `{${show}}`)
    const source = withSteps('- o/c: {b: x}', `orbs: {o: {${orb}}}`)

    expect(jobOf(source).steps).toMatchObject([{ command: 'x!' }])
  })

  it('that come back to themselves are refused, unless an argument breaks the circle', () => {
    const rest = command(
      '{a: {type: string, default: << parameters.b >>}, b: {type: string, default: "<< parameters.a >>-"}}',
      `{${show}}`,
    )

    expect(errorsOf(withSteps('- c', rest))).toEqual([
      "recursion: Defaults of command 'c' refer to each other in a circle: a -> b -> a",
    ])
    expect(jobOf(withSteps('- c: {b: x}', rest)).steps).toMatchObject([{ command: 'x' }])
  })

  it('do not see what is not declared beside them, nor one that has the wrong type', () => {
    const undeclared = command('{a: {type: string, default: << parameters.gone >>}}', `{${show}}`)
    const mistyped = command(
      '{a: {type: string, default: << parameters.n >>}, n: {type: integer, default: 1}}',
      `{${show}}`,
    )

    expect(errorsOf(withSteps('- c', undeclared))).toEqual([
      'undeclared-parameter: Arguments referenced without declared parameters: gone',
    ])
    expect(errorsOf(withSteps('- c', mistyped))).toEqual([
      'argument-type: Type error for argument a: expected type: string, actual value: 1 (type integer)',
    ])
  })

  it('wait for each other to a limited depth only', () => {
    const chain = Array.from(
      { length: 5_000 },
      (_, at) => `p${at}: {type: string, default: << parameters.p${at + 1} >>}`,
    )
    const rest = command(`{${chain.join(', ')}, p5000: {type: string, default: x}}`, 'checkout')

    expect(errorsOf(withSteps('- c', rest))[0]).toBe(
      "limit: Defaults of command 'c' refer to each other more than 100 deep, at 'p100'",
    )
  })
})
