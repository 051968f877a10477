import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, jobOf, withSteps } from '../testing/compile-text.ts'

describe('a pipeline parameter', () => {
  const declared = (name: string) => `parameters: {"${name}": {type: integer, default: 3}}`

  it.each(['a.b', '9a', 'a b', 'ü', 'a..b', '-a', 'and', 'a=b'])(
    'named %s is put in by a plain template, alone with its type and within text (semantics 6.3)',
    (name) => {
      const steps = `- run: "n=<< pipeline.parameters.${name} >>"\n- c: {n: << pipeline.parameters.${name} >>}`
      const command = 'commands: {c: {parameters: {n: {type: integer}}, steps: [{run: "p=<< parameters.n >>"}]}}'

      const job = jobOf(withSteps(steps, `${declared(name)}\n${command}`), 'build', {
        pipelineParameters: { [name]: 4 },
      })

      expect(job.steps).toMatchObject([{ command: 'n=4' }, { command: 'p=4' }])
    },
  )

  it.each([
    ['a.b', true],
    ['a-b_c', true],
    ['9a', false],
    ['a b', false],
  ])('named %s can be an operand: %s', (name, can) => {
    const source = withSteps(`- run: << pipeline.parameters.${name} > 2 and "x" or "y" >>`, declared(name))

    expect(errorsOf(source).length === 0).toBe(can)
  })

  it('that is wrong is told of once, also where its name is odd', () => {
    const source = withSteps('- run: << pipeline.parameters.9 a >>', 'parameters: {"9 a": {type: integer, default: x}}')

    expect(compileText(source).diagnostics).toMatchObject([{ code: 'parameter-default' }])
  })

  it('of an odd name is unknown inside of an orb, as every other', () => {
    const orb = 'orbs: {o: {commands: {c: {steps: [{run: << pipeline.parameters.9a >>}]}}}}'

    expect(errorsOf(withSteps('- o/c', `${declared('9a')}\n${orb}`))).toEqual([
      'unknown-variable: Referred to a variable "pipeline.parameters.9a" that does not exist',
    ])
  })
})
