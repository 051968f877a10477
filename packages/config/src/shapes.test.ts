import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, jobOf, withSteps } from './testing/compile-text.ts'

/** What shapes values may have: those of the published schema, and wider ones only where a document shows them to run. */

const job = (keys: string) => `version: 2.1\njobs: {build: {machine: true, steps: [checkout], ${keys}}}`
const on = (executor: string) => `version: 2.1\njobs: {build: {${executor}, steps: [checkout]}}`
const entries = (list: string) =>
  `version: 2.1\njobs:\n  a: {machine: true, steps: []}\n  b: {machine: true, steps: []}\n  m: {parameters: {v: {type: string}}, machine: true, steps: []}\nworkflows: {w: {jobs: ${list}}}`
const step = (text: string) => withSteps(`- ${text}`)
/** `type found` and the cure of the only error. */
const refusal = (source: string) => {
  const { diagnostics: all, plan } = compileText(source)
  const diagnostics = all.filter(({ severity }) => severity === 'error')
  expect(plan).toBeUndefined()
  expect(diagnostics).toHaveLength(1)
  return [diagnostics[0]!.message.replace(/^.*expected type: /, ''), diagnostics[0]!.hint]
}

describe('a text', () => {
  it.each([
    ['run: true', 'Boolean', '"true"'],
    ['run: 5', 'Integer', '"5"'],
    ['run: {command: 1.50}', 'Number', '"1.50"'],
    ['run: {command: a, name: 5}', 'Integer', '"5"'],
    ['run: {command: a, working_directory: 1}', 'Integer', '"1"'],
    ['save_cache: {key: 1, paths: [a]}', 'Integer', '"1"'],
    ['save_cache: {key: a, paths: [1]}', 'Integer', '"1"'],
    ['restore_cache: {keys: [a, 2]}', 'Integer', '"2"'],
    ['store_artifacts: {path: 1}', 'Integer', '"1"'],
    ['checkout: {path: 1}', 'Integer', '"1"'],
    ['setup_remote_docker: {version: 20.10}', 'Number', '"20.10"'],
    ['add_ssh_keys: {fingerprints: [1]}', 'Integer', '"1"'],
  ])('is not a number or a boolean without quotes: %s', (text, found, quoted) => {
    expect(refusal(step(text))).toEqual([`String, found: ${found}`, `Write it in quotes: ${quoted}`])
  })

  it.each([
    'image: 5',
    'image: a, name: 5',
    'image: a, user: 0',
    'image: a, command: [sleep, 5]',
    'image: a, entrypoint: 5',
  ])('is what an image holds: %s', (image) => {
    expect(refusal(on(`docker: [{${image}}]`))[0]).toBe('String, found: Integer')
  })

  it.each(['working_directory: 1', 'shell: 1', 'resource_class: 1'])('is what a job holds: %s', (key) => {
    expect(refusal(job(key))[0]).toBe('String, found: Integer')
  })

  it.each(['context: 5', 'context: [5]', 'serial-group: 5'])('is what an entry holds: %s', (key) => {
    expect(refusal(entries(`[{a: {${key}}}]`))[0]).toBe('String, found: Integer')
  })

  it('is not a number that a lone template puts there', () => {
    const source = withSteps(
      '- c: {n: 1}',
      'commands: {c: {parameters: {n: {type: integer}}, steps: [{run: << parameters.n >>}]}}',
    )

    expect(refusal(source)).toEqual(['String, found: Integer', 'Give the parameter the type string'])
  })

  it('may be a number where a version of Xcode is meant, as the schema has it', () => {
    expect(jobOf(on('macos: {xcode: 15.10}')).executor).toEqual({ type: 'macos', xcode: '15.10' })
  })

  it('may be a number of seconds as no_output_timeout, which public configs write; with a warning', () => {
    const { plan, diagnostics } = compileText(step('run: {command: a, no_output_timeout: 1800}'))

    expect(plan?.jobs.build?.steps).toMatchObject([{ noOutputTimeoutMs: 1_800_000 }])
    expect(diagnostics).toMatchObject([{ severity: 'warning', hint: "Write '1800s' or '1800m'" }])
  })
})

describe('descriptions, types and webhooks', () => {
  it.each([
    ['a job', job('description: 5')],
    ['a command', withSteps('- c', 'commands: {c: {description: [a], steps: [checkout]}}')],
    ['an executor', `${job('')}\nexecutors: {e: {description: {a: b}, machine: true}}`],
    ['a parameter', job('parameters: {p: {type: string, default: x, description: 5}}')],
    ['an entry', entries('[{a: {type: 5}}]')],
    ['an entry, in a list', entries('[{a: {type: [approval]}}]')],
  ])('are texts: of %s', (_what, source) => {
    expect(refusal(source)[0]).toMatch(/^String, found: /)
  })

  it.each([
    ['{a: b}', 'Sequence, found: Mapping'],
    ['[x]', 'Mapping, found: String'],
  ])('are lists of maps: webhooks: %s', (webhooks, message) => {
    const validation = `{enabled: true, webhooks: ${webhooks}}`

    expect(
      refusal(
        `version: 2.1\njobs: {r: {type: release, plan_name: p, validation: ${validation}}}\nworkflows: {w: {jobs: [r]}}`,
      )[0],
    ).toBe(message)
  })

  it('is one mistake where jobs are a list', () => {
    expect(errorsOf('version: 2.1\njobs: [build]')).toEqual([
      'expected-type: [#/jobs] expected type: Mapping, found: Sequence',
    ])
  })
})

describe('a list', () => {
  it.each([
    ['restore_cache: {keys: a}', '["a"]'],
    ['add_ssh_keys: {fingerprints: x}', '["x"]'],
  ])('is not one text: %s', (text, list) => {
    expect(refusal(step(text))).toEqual(['Sequence, found: String', `Write a list: ${list}`])
  })

  it.each(['save_cache: {key: a, paths: /tmp/x}', 'persist_to_workspace: {root: ., paths: /tmp/x}'])(
    'may be one text as the paths of %s: orbs of the product and public configs have it so (semantics 32)',
    (text) => {
      expect(jobOf(step(text)).steps).toMatchObject([{ paths: ['/tmp/x'] }])
    },
  )

  it.each([
    ['steps: {run: x}', 'Mapping'],
    ['steps: ', 'Null'],
    ['steps: checkout', 'String'],
  ])('is what steps are: %s', (steps, found) => {
    expect(errorsOf(`version: 2.1\njobs: {build: {machine: true, ${steps}}}`)).toEqual([
      `expected-type: 'steps' must be a list, found ${found}`,
    ])
  })

  it('of steps holds no list', () => {
    expect(errorsOf(withSteps('- [checkout]'))).toEqual([
      'step-shape: A step must be a name or a map with one key, found Sequence',
    ])
  })

  it.each(['{run: x}', 'checkout'])(
    'may be one step below a condition, where the schema has it so (semantics 14.2): %s',
    (one) => {
      expect(jobOf(step(`when: {condition: true, steps: ${one}}`)).steps).toHaveLength(1)
    },
  )

  it('of requirements is no map, and none of its items has two names', () => {
    expect(errorsOf(entries('[a, {b: {requires: {a: success}}}]'))).toEqual([
      "expected-type: 'requires': expected type: Sequence, found: Mapping",
    ])
    expect(errorsOf(entries('[a, b, {m: {v: x, requires: [{a: success, b: failed}]}}]'))).toEqual([
      "requires: An item of 'requires' is a name or 'name: status', found a map of 2",
    ])
  })

  it.each(['5', 'true', '[a]', '{}'])('of requirements holds names, not %s', (item) => {
    expect(errorsOf(entries(`[a, {b: {requires: [${item}]}}]`))).toEqual([
      expect.stringMatching(/^requires: An item of 'requires' is a name or 'name: status', found /),
    ])
  })

  it('may be one name as requirements, which public configs write (semantics 16)', () => {
    expect(errorsOf(entries('[a, {b: {requires: a}}]'))).toEqual([])
  })

  it('is what a matrix excludes', () => {
    expect(errorsOf(entries('[{m: {matrix: {parameters: {v: [x, y]}, exclude: {v: x}}}}]'))).toEqual([
      "expected-type: 'exclude' of 'matrix': expected type: Sequence, found: Mapping",
    ])
  })
})

describe('an integer', () => {
  it.each([
    ['"2"', 'String', 'Write it without quotes: 2'],
    ['2.0', 'Number', 'Write 2'],
    ['1e3', 'Number', 'Write 1000'],
    ['1.5', 'Number', undefined],
    ['true', 'Boolean', undefined],
  ])('is no text and has no fraction and no exponent: %s', (written, found, hint) => {
    expect(refusal(job(`parallelism: ${written}`))).toEqual([`Integer, found: ${found}`, hint])
  })

  it.each(['2.0', '1e3', '"2"'])('is what an argument of that type is: %s', (written) => {
    expect(
      errorsOf(`${job('parameters: {n: {type: integer}}')}\nworkflows: {w: {jobs: [{build: {n: ${written}}}]}}`),
    ).toEqual([expect.stringMatching(/^argument-type: .*expected type: integer/)])
  })

  it('keeps every digit', () => {
    const source = `${step('c: {n: 9007199254740993}')}
commands:
  c:
    parameters: {n: {type: integer}}
    steps:
      - run: echo << parameters.n >>
      - when: {condition: {equal: [<< parameters.n >>, 9007199254740992]}, steps: [checkout]}
      - store_artifacts: {path: a, destination: "<< parameters.n >>"}`.replace(
      '"<< parameters.n >>"',
      'x<< parameters.n >>',
    )

    expect(jobOf(source).steps).toMatchObject([
      { command: 'echo 9007199254740993' },
      { type: 'store_artifacts', destination: 'x9007199254740993' },
    ])
  })

  it('tells two jobs apart by every digit', () => {
    const source = `version: 2.1
jobs: {a: {parameters: {n: {type: integer}}, machine: true, environment: {NUM: << parameters.n >>}, steps: []}}
workflows: {v: {jobs: [{a: {n: 9007199254740992}}]}, w: {jobs: [{a: {n: 9007199254740993}}]}}`

    const { output } = compileText(source)

    expect(output).toContain('- NUM: 9007199254740992\n')
    expect(output).toContain('- NUM: 9007199254740993\n')
  })

  it('of the pipeline is one that JSON carries without loss', () => {
    const source = (value: string) => `${job('')}\nparameters: {n: {type: integer, default: ${value}}}`

    expect(errorsOf(source('9007199254740991'))).toEqual([])
    expect(compileText(source('9007199254740992')).diagnostics).toMatchObject([
      { code: 'parameter-default', severity: 'error', hint: 'Give the parameter the type string' },
    ])
  })
})

describe('machine', () => {
  it.each([
    ['null', "'machine' of job 'build' must be true, an image or a map, found Null"],
    ['[]', "'machine' of job 'build' must be true, an image or a map, found Sequence"],
    ['5', "'machine' of job 'build' must be true, an image or a map, found Integer"],
    ['false', "Job 'build' names no environment to run in"],
  ])('is true, an image or a map: %s', (machine, message) => {
    expect(compileText(on(`machine: ${machine}`)).diagnostics).toMatchObject([{ severity: 'error', message }])
  })

  it.each(['""', '{}'])('without an image passes the schema, so that %s is told of and taken', (machine) => {
    const { plan, diagnostics } = compileText(on(`machine: ${machine}`))

    expect(plan?.jobs.build?.executor.type).toBe('machine')
    expect(diagnostics).toMatchObject([{ code: 'invalid-value', severity: 'warning' }])
  })
})

describe('keys', () => {
  it.each(['plan_name: x', 'key: x', 'validation: {enabled: true}'])(
    'of other types of jobs are none of a job that builds: %s',
    (key) => {
      expect(errorsOf(job(key))).toEqual([
        `unknown-key: extraneous key [${key.split(':', 1)[0]}] is not permitted in job 'build'`,
      ])
    },
  )

  it.each([
    ['a job', 'version: 2.1\njobs: {build: {machine: true, step: [checkout]}}', 'step'],
    ['a workflow', `${job('')}\nworkflows: {w: {job: [build]}}`, 'job'],
    ['a parameter', job('parameters: {a: {typ: string, default: x}}'), 'typ'],
    ['an image', on('docker: [{imge: a}]'), 'imge'],
    ['an image that has what it needs', on('docker: [{image: a, environemnt: {A: b}}]'), 'environemnt'],
    ['a job without environment', on('dokcer: [{image: a}]'), 'dokcer'],
    ['credentials', on('docker: [{image: a, aws_auth: {foo: x}}]'), 'foo'],
    ['a command', withSteps('- c', 'commands: {c: {step: [checkout]}}'), 'step'],
    ['a condition', step('when: {condition: true, step: [checkout]}'), 'step'],
    ['a built-in step', step('save_cache: {ky: a, paths: [b]}'), 'ky'],
    [
      'a job that nothing runs',
      `${job('')}\n`.replace('jobs: {', 'jobs: {other: {machine: true, stesp: [checkout]}, '),
      'stesp',
    ],
  ])('that are misspelt are told once, and nothing is missing on top of it: in %s', (_what, source, key) => {
    const { diagnostics } = compileText(source)

    expect(diagnostics).toMatchObject([
      { severity: 'error', message: expect.stringContaining(`extraneous key [${key}]`) },
    ])
  })
})

describe('a name for an entry', () => {
  const parameter = 'parameters: {e: {type: string, default: a}}'

  it.each([
    '<< pipeline.parameters.e >>',
    '{<< pipeline.parameters.e >>: {context: c}}',
    '{"<< pipeline.parameters.e >>": }',
  ])('may be a template, as all of an entry is evaluated (semantics 3): %s', (entry) => {
    const { plan, diagnostics } = compileText(`${entries(`[${entry}]`)}\n${parameter}`)

    expect(diagnostics).toEqual([])
    expect(plan?.workflows[0]?.jobs).toMatchObject([{ name: 'a', job: 'a' }])
  })

  it.each([
    '<< pipeline.parameters.c >>',
    '{<< pipeline.parameters.c >>: {t: x}}',
    '{"<< pipeline.parameters.b >>": x}',
  ])('of steps may be a template, too: %s', (text) => {
    const commands =
      'commands: {say: {parameters: {t: {type: string, default: x}}, steps: [{run: << parameters.t >>}]}}'
    const parameters = 'parameters: {c: {type: string, default: say}, b: {type: string, default: run}}'

    expect(jobOf(`${step(text)}\n${commands}\n${parameters}`).steps).toMatchObject([{ command: 'x' }])
  })

  it('that stands for nothing is told as what it came to', () => {
    expect(errorsOf(`${entries('[{<< pipeline.parameters.e >>x: {}}]')}\n${parameter}`)).toEqual([
      'unknown-job: Cannot find a definition for job named ax',
    ])
    expect(errorsOf(entries('[{<< pipeline.parameters.e >>: {}}]'))).toEqual([
      'unknown-variable: Referred to a variable "pipeline.parameters.e" that does not exist',
    ])
  })
})

describe('an approval', () => {
  it('named as another entry of its workflow is refused: its name must be its own (semantics 18.6)', () => {
    expect(errorsOf(entries('[a, {hold: {type: approval, name: a}}]'))).toEqual([
      "duplicate-name: The approval 'a' carries the name of another entry of workflow 'w'",
    ])
  })

  it('named as a job that its workflow does not run is told of only: configs that the editor calls valid have it', () => {
    expect(compileText(entries('[{a: {type: approval}}]')).diagnostics).toMatchObject([
      { code: 'duplicate-name', severity: 'warning' },
    ])
  })
})

describe('a condition', () => {
  it.each(['{and: [true], or: [true]}', '{equal: [a, b], matches: {pattern: a, value: b}}'])(
    'is one statement: %s',
    (condition) => {
      expect(errorsOf(step(`when: {condition: ${condition}, steps: [checkout]}`))).toEqual([
        expect.stringMatching(/^logic: A logic statement has exactly one key/),
      ])
    },
  )

  it('that matches has a pattern and a value, and nothing else', () => {
    expect(errorsOf(step('when: {condition: {matches: {pattern: a, value: b, flags: i}}, steps: [checkout]}'))).toEqual(
      ["logic: extraneous key [flags] is not permitted in 'matches'"],
    )
  })

  it('is no list', () => {
    expect(errorsOf(`${job('')}\nworkflows: {w: {when: [], jobs: [build]}}`)).toEqual([
      'logic: A condition is a value or one statement, not a list',
    ])
  })
})
