import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, withSteps } from './testing/compile-text.ts'

/** Two jobs that run, and what a test puts below them. */
function withJobs(rest: string, jobs = ''): string {
  const job = '{docker: [{image: alpine}], steps: [checkout]}'
  return `version: 2.1\njobs:\n  a: ${job}\n  b: ${job}\n${jobs}workflows:\n${rest}`
}

/** The hints of all diagnostics, in order. */
function hintsOf(source: string): readonly (string | undefined)[] {
  return compileText(source).diagnostics.map(({ hint }) => hint)
}

describe('a condition that cannot be decided', () => {
  const jobs = `jobs:
  a: {docker: [{image: alpine}], steps: [chekout, run: {comand: x}]}
workflows:
  main:
    CONDITION
    jobs: [a, nojob]
`

  it.each([
    ['when: pipeline.git.branch = "x"', 'expression: Incomplete token, expected "==", found  '],
    ['unless: {equl: [1, 1]}', 'logic: A logic statement has exactly one key out of '],
    ['when: {equal: [1, 1]}\n    unless: {equal: [1, 1]}', "logic: 'when' and 'unless' may not both stand on one"],
  ])('of a workflow hides no other mistake in it: %s', (condition, told) => {
    const errors = errorsOf(`version: 2.1\n${jobs.replace('CONDITION', () => condition)}`)

    expect(errors).toEqual([
      expect.stringContaining(told),
      'unknown-command: Cannot find a definition for command named chekout',
      'unknown-job: Cannot find a definition for job named nojob',
      "unknown-key: extraneous key [comand] is not permitted in the step 'run'",
    ])
  })

  it('of a step hides no mistake in the steps below it', () => {
    const errors = errorsOf(withSteps('- when: {condition: {equl: [1, 1]}, steps: [chekout]}'))

    expect(errors).toEqual([
      expect.stringContaining('logic: '),
      'unknown-command: Cannot find a definition for command named chekout',
    ])
  })
})

describe('a misspelt key of a workflow entry', () => {
  it('is answered with the key that is meant', () => {
    const entry = '{requries: [b], contxt: c, filter: {}, pre_steps: [], matrx: {}, serial_group: g}'

    const hints = hintsOf(withJobs(`  main: {jobs: [b, {a: ${entry}}]}\n`))

    expect(hints).toEqual(
      ['requires', 'context', 'filters', 'pre-steps', 'matrix', 'serial-group'].map((key) => `Did you mean '${key}'?`),
    )
  })

  it("is answered with the job's own parameter when that is nearer", () => {
    const job = 'c: {parameters: {contexts: {type: string}}, docker: [{image: alpine}], steps: [checkout]}'

    expect(hintsOf(withJobs('  main: {jobs: [{c: {contextss: x}}]}\n', `  ${job}\n`))).toEqual([
      "Did you mean 'contexts'?",
    ])
  })

  it('is answered so in a call of a command, which has no such keys, by what the command declares', () => {
    const commands = 'commands: {c: {steps: [checkout]}}'

    expect(hintsOf(withSteps('- c: {requries: x}', commands))).toEqual([
      "Command 'c' declares no parameter of that name",
    ])
  })
})

describe('one mistake', () => {
  it('in a job is told once, although a matrix runs it under six names', () => {
    const job = 'e: {parameters: {n: {type: integer}}, steps: [checkout]}'
    const matrix = '{matrix: {parameters: {n: [1, 2, 3, 4, 5, 6]}}}'

    expect(errorsOf(withJobs(`  main: {jobs: [{e: ${matrix}}]}\n`, `  ${job}\n`))).toEqual([
      "executor-choice: Job 'e-1' names no environment to run in",
    ])
  })

  it('in an environment is told for each of its images, although their job has several names', () => {
    const job = 'e: {parameters: {n: {type: integer}}, docker: [{user: a}, {user: b}], steps: [checkout]}'
    const matrix = '{matrix: {parameters: {n: [1, 2]}}}'

    expect(errorsOf(withJobs(`  main: {jobs: [{e: ${matrix}}]}\n`, `  ${job}\n`))).toEqual([
      "missing-key: required key [image] not found in an image of job 'e-1'",
      "missing-key: required key [image] not found in an image of job 'e-1'",
    ])
  })

  it.each(['[a]', '<< pipeline.nothing >>', 'text'])('in the arguments of a command brings no second: %s', (given) => {
    const commands = 'commands: {c: {parameters: {p: {type: string}}, steps: [checkout]}}'

    expect(errorsOf(withSteps(`- c: ${given}`, commands))).toHaveLength(1)
  })
})
