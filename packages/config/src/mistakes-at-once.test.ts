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
      'unknown-command: Cannot find a definition for command named chekout',
      "unknown-key: extraneous key [comand] is not permitted in the step 'run'",
      expect.stringContaining(told),
      'unknown-job: Cannot find a definition for job named nojob',
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

describe('credentials of an image', () => {
  const withImage = (rest: string) =>
    `version: 2.1\njobs: {build: {docker: [{image: a, ${rest}}], steps: [checkout]}}\n`

  it.each([
    ['aws_auth: {aws_access_key_id: A}', ['[aws_secret_access_key]']],
    ['gcp_auth: {oidc_service_account: s}', ['[workload_identity_pool]', '[workload_identity_provider]']],
  ])('are refused when a part of them is missing: %s', (auth, missing) => {
    const what = auth.slice(0, 8)

    expect(errorsOf(withImage(auth))).toEqual(
      missing.map((key) => `missing-key: required key ${key} not found in '${what}'`),
    )
  })

  it('are refused when nothing is in them', () => {
    expect(errorsOf(withImage('aws_auth: {}'))).toEqual([
      "missing-key: 'aws_auth' needs aws_access_key_id and aws_secret_access_key, or oidc_role_arn",
    ])
  })

  it('are refused when they name a role and an access key', () => {
    expect(errorsOf(withImage('aws_auth: {oidc_role_arn: r, aws_access_key_id: A}'))).toEqual([
      "invalid-value: 'aws_auth' takes oidc_role_arn or an access key, not both; found oidc_role_arn, aws_access_key_id",
    ])
  })

  it.each([
    'aws_auth: {oidc_role_arn: r}',
    'aws_auth: {aws_access_key_id: A, aws_secret_access_key: $B}',
    'gcp_auth: {oidc_service_account: s, workload_identity_pool: p, workload_identity_provider: v}',
  ])('are taken whole: %s', (auth) => {
    expect(errorsOf(withImage(auth))).toEqual([])
  })
})

describe('the text of a diagnostic', () => {
  it('proposes the key that is meant for a misspelt version, at its place', () => {
    const { diagnostics } = compileText('# a config\nversoin: 2.1\n')

    expect(diagnostics).toMatchObject([
      { code: 'version', hint: "Did you mean 'version'?", span: { start: 11, end: 18 } },
    ])
  })

  it.each(['- run: "<< >>"', '- run: "echo << >> now"'])('says in one line that an expression is empty: %s', (step) => {
    expect(errorsOf(withSteps(step))).toEqual(['expression: Expected an expression, found nothing'])
  })

  it('says so of an empty filter, too', () => {
    expect(errorsOf(withJobs('  main: {jobs: [{a: {filters: ""}}]}\n'))).toEqual([
      'expression: Expected an expression, found nothing',
    ])
  })

  it.each([
    ['jbos: {build: {docker: [{image: a}], steps: [checkout]}}', 'jobs'],
    ['jobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflow: {main: {jobs: [x]}}', 'workflows'],
  ])('warns of a key at the top that is a slip: %s', (rest, meant) => {
    const { diagnostics } = compileText(`version: 2.1\n${rest}\n`)

    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code: 'ignored-key', severity: 'warning', hint: `Did you mean '${meant}'?` }),
    )
  })

  it('leaves other keys at the top alone, where people keep anchors', () => {
    const rest =
      'command: &a {docker: [{image: a}]}\ncommands: {}\nreferences: [1]\njobs: {build: {<<: *a, steps: [checkout]}}'

    expect(compileText(`version: 2.1\n${rest}\n`).diagnostics).toEqual([])
  })

  it('names the rule that a name of a parameter breaks', () => {
    const commands = 'commands: {c: {parameters: {9a: {type: string, default: x}}, steps: [checkout]}}'

    expect(errorsOf(withSteps('- c', commands))).toEqual([
      "parameter-declaration: Parameter '9a' of command 'c': names begin with a letter or '_', and hold letters, digits, '_' and '-' only",
    ])
    expect(errorsOf(withSteps('- checkout', 'parameters: {" a": {type: string, default: x}}'))).toEqual([
      "parameter-declaration: Parameter ' a' of the pipeline: a name is a text without '<<', '>>' or blanks around it",
    ])
  })

  it('proposes a pipeline value for what stands behind the prefix, not for the prefix', () => {
    expect(hintsOf(withSteps('- run: << pipeline.foo >> << pipeline.idd >>'))).toEqual([
      "Values of a pipeline are 'pipeline.number', 'pipeline.git.branch' and more",
      "Did you mean 'pipeline.id'?",
    ])
  })
})

describe('diagnostics', () => {
  it('come in the order of their places', () => {
    const source = `version: 2.1
parameters: {p: {type: string}}
workflow: {}
workflows:
  main: {jobs: [a, nojob], job: x}
jobs:
  a: {docker: [{image: alpine}], steps: [chekout], circleci_ip_ranges: true}
  b: {parameters: {x: {type: nothing}}, steps: []}
`
    const starts = compileText(source).diagnostics.map(({ span }) => span.start)

    expect(starts.length).toBeGreaterThan(5)
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  })
})

describe('a run step given as a value', () => {
  it.each([
    ['<< pipeline.number >>', 'Integer', 'Give the parameter the type string'],
    ['1', 'Integer', 'Write it in quotes: "1"'],
    ['true', 'Boolean', 'Write it in quotes: "true"'],
  ])('must be a text: %s', (value, found, hint) => {
    const { diagnostics } = compileText(withSteps(`- run: ${value}`))

    const message = `'command' of the step 'run': expected type: String, found: ${found}`
    expect(diagnostics).toMatchObject([{ severity: 'error', message, hint }])
  })
})
