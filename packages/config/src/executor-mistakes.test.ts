import { describe, expect, it } from 'vitest'
import { compileText, errorsOf } from './testing/compile-text.ts'

const withExecutor = (executor: string, rest = '') => `version: 2.1
${rest}
executors: {e: ${executor}}
jobs: {build: {executor: e, steps: [checkout]}}`

describe('an executor', () => {
  it.each([
    ['{docker: [{image: x}], parallelism: 3}', 'parallelism'],
    ['{docker: [{image: x}], steps: [run: q]}', 'steps'],
    ['{docker: [{image: x}], stps: 1}', 'stps'],
  ])('has none of the keys of a job: %s', (executor, key) => {
    expect(errorsOf(withExecutor(executor))).toEqual([
      `unknown-key: extraneous key [${key}] is not permitted in executor 'e'`,
    ])
  })

  it('of an orb is blamed where it is written', () => {
    const source = `version: 2.1
orbs: {o: {executors: {e: {docker: [{image: x}], parallelism: 3}}}}
jobs: {build: {executor: o/e, steps: [checkout]}}`

    expect(compileText(source).diagnostics.find(({ severity }) => severity === 'error')).toMatchObject({
      message: "extraneous key [parallelism] is not permitted in executor 'e'",
      span: { start: source.indexOf('parallelism') },
    })
  })

  it('that is not used is read all the same', () => {
    const source = withExecutor('{machine: true}').replace(
      'executors: {',
      'executors: {f: {machine: true, branches: x}, ',
    )

    expect(errorsOf(source)).toEqual(["unknown-key: extraneous key [branches] is not permitted in executor 'f'"])
  })
})
