import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { compileText, errorsOf, jobOf, withSteps, workflowOf } from './testing/compile-text.ts'

const job = '{docker: [{image: alpine}], steps: [checkout]}'

describe('version', () => {
  it.each(['2', '2.0', '2.1', '"2.1"'])('%s is compiled [I-001]', (version) => {
    expect(errorsOf(`version: ${version}\njobs: {build: ${job}}`)).toEqual([])
  })

  it.each(['1', '3', '2.2', 'yes'])('%s is refused with a sentence [I-001]', (version) => {
    expect(errorsOf(`version: ${version}\njobs: {build: ${job}}`)).toEqual([
      expect.stringMatching(/^version: Version '.*' of the config language is not supported/),
    ])
  })

  it('is asked for when it is missing', () => {
    expect(errorsOf(`jobs: {build: ${job}}`)).toEqual([
      'version: required key [version] not found at the top of the config',
    ])
  })
})

describe('a config without workflows', () => {
  it('runs the job build in a workflow called workflow [I-026]', () => {
    const workflow = workflowOf(`version: 2\njobs: {build: ${job}}`)

    expect(workflow).toMatchObject({ name: 'workflow', jobs: [{ name: 'build', type: 'build', job: 'build' }] })
  })

  it('says what is missing when there is no job build', () => {
    expect(errorsOf(`version: 2.1\njobs: {test: ${job}}`)).toEqual([
      expect.stringMatching(/^no-build-job: Cannot find a job named `build`/),
    ])
  })
})

describe('a job', () => {
  it('keeps its keys, with environments of executor and job joined in order [I-003]', () => {
    const plan = jobOf(`version: 2.1
executors:
  node:
    docker: [{image: "node:24"}]
    environment: {A: 1, B: from-executor}
    working_directory: ~/src
jobs:
  build:
    executor: node
    environment: [B=from-job, {C: true}]
    shell: /bin/sh
    parallelism: 3
    resource_class: large
    retention: {caches: 5d}
    steps: [checkout]`)

    expect(plan).toMatchObject({
      executor: { type: 'docker', images: [{ image: 'node:24' }] },
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: 'from-executor' },
        { name: 'B', value: 'from-job' },
        { name: 'C', value: '1' },
      ],
      workingDirectory: '~/src',
      shell: '/bin/sh',
      parallelism: 3,
      resourceClass: 'large',
      cacheRetentionDays: 5,
    })
  })

  it('with two environments, or none, is refused [I-003]', () => {
    expect(errorsOf('version: 2.1\njobs: {build: {docker: [{image: a}], machine: true, steps: [checkout]}}')).toEqual([
      "executor-choice: Job 'build' names more than one environment: docker, machine",
    ])
    expect(errorsOf('version: 2.1\njobs: {build: {steps: [checkout]}}')).toEqual([
      "executor-choice: Job 'build' names no environment to run in",
    ])
  })

  it('reads every key of a docker image [I-004]', () => {
    const plan = jobOf(`version: 2.1
jobs:
  build:
    docker:
      - image: registry.example/a@sha256:00
        entrypoint: /bin/start --flag "two words"
        command: [serve, "80"]
        user: root
        environment: {A: null, B: 12345678}
        auth: {username: u, password: $P}
      - image: postgres:18
        name: db
        aws_auth: {oidc_role_arn: arn}
    steps: []`)

    expect(plan.executor).toEqual({
      type: 'docker',
      images: [
        {
          image: 'registry.example/a@sha256:00',
          entrypoint: ['/bin/start', '--flag', 'two words'],
          command: ['serve', '80'],
          user: 'root',
          environment: [
            { name: 'A', value: '' },
            { name: 'B', value: '1.2345678e+07' },
          ],
          auth: { username: 'u', password: '$P' },
        },
        { image: 'postgres:18', name: 'db', environment: [], awsAuth: { oidc_role_arn: 'arn' } },
      ],
    })
  })

  it.each([
    ['true', { type: 'machine', dockerLayerCaching: false }],
    ['ubuntu', { type: 'machine', image: 'ubuntu', dockerLayerCaching: false }],
    ['{image: u, docker_layer_caching: true}', { type: 'machine', image: 'u', dockerLayerCaching: true }],
  ])('runs on machine: %s [I-005]', (machine, expected) => {
    expect(jobOf(`version: 2.1\njobs: {build: {machine: ${machine}, steps: [checkout]}}`).executor).toEqual(expected)
  })

  it('keeps an xcode version as it is written', () => {
    expect(jobOf('version: 2.1\njobs: {build: {macos: {xcode: 14.10}, steps: [checkout]}}').executor).toEqual({
      type: 'macos',
      xcode: '14.10',
    })
  })

  it('takes resource_class and shell out of machine', () => {
    expect(
      jobOf('version: 2.1\njobs: {build: {machine: {image: w, resource_class: big, shell: bash}, steps: []}}'),
    ).toMatchObject({
      executor: { image: 'w' },
      resourceClass: 'big',
      shell: 'bash',
    })
  })
})

describe('steps', () => {
  it('of kind run have their defaults filled in [I-006]', () => {
    const { steps } = jobOf(
      withSteps(
        '- run: make\n- run: {command: x, no_output_timeout: 1.5h, background: true, when: on_fail, environment: {V: false}, name: N, shell: sh, working_directory: d}',
      ),
    )

    expect(steps[0]).toMatchObject({
      type: 'run',
      command: 'make',
      environment: [],
      background: false,
      noOutputTimeoutMs: 600_000,
      when: 'on_success',
      maxAutoReruns: 0,
    })
    expect(steps[1]).toMatchObject({
      name: 'N',
      noOutputTimeoutMs: 5_400_000,
      background: true,
      when: 'on_fail',
      environment: [{ name: 'V', value: '0' }],
      shell: 'sh',
      workingDirectory: 'd',
    })
  })

  it('of every built-in kind are read', () => {
    const { steps } = jobOf(
      withSteps(`- checkout: {path: src, method: shallow, depth: 3}
- setup_remote_docker: {docker_layer_caching: true, version: default}
- save_cache: {key: k, paths: [a, b], when: always}
- restore_cache: {key: first, keys: [second]}
- store_artifacts: {path: out, destination: o}
- store_test_results: {path: junit}
- persist_to_workspace: {root: ., paths: dist}
- attach_workspace: {at: /tmp}
- add_ssh_keys: {fingerprints: ["SHA256:x"]}
- checkout:
- add_ssh_keys`),
    )

    expect(steps.map(({ origin: _, ...step }) => step)).toEqual([
      { type: 'checkout', path: 'src', method: 'shallow', depth: 3 },
      { type: 'setup_remote_docker', dockerLayerCaching: true, version: 'default' },
      { type: 'save_cache', key: 'k', paths: ['a', 'b'], when: 'always' },
      { type: 'restore_cache', keys: ['first', 'second'] },
      { type: 'store_artifacts', path: 'out', destination: 'o' },
      { type: 'store_test_results', path: 'junit' },
      { type: 'persist_to_workspace', root: '.', paths: ['dist'] },
      { type: 'attach_workspace', at: '/tmp' },
      { type: 'add_ssh_keys', fingerprints: ['SHA256:x'] },
      { type: 'checkout', method: 'blobless' },
      { type: 'add_ssh_keys', fingerprints: [] },
    ])
  })

  it('with a key the service ignores are warned about, not refused', () => {
    const { plan, diagnostics } = compileText(withSteps('- store_artifacts: {path: a, prefix: b}'))

    expect(plan).toBeDefined()
    expect(diagnostics).toMatchObject([{ code: 'ignored-key', severity: 'warning' }])
  })

  it('with an unknown key are refused with the nearest key [I-031]', () => {
    const { diagnostics } = compileText(withSteps('- run: {comand: x}'))

    // That 'command' is missing follows from it and is not said.
    expect(diagnostics).toMatchObject([{ code: 'unknown-key', hint: "Did you mean 'command'?" }])
  })
})

describe('an orb', () => {
  const source = `version: 2.1
orbs: {inner: {commands: {hi: {steps: [{run: inner hi}]}}}}
commands: {greet: {parameters: {to: {type: string, default: you}}, steps: [inner/hi, {run: "hello << parameters.to >> on << pipeline.git.branch >>"}]}}
executors: {default: {docker: [{image: orb-image}]}}
jobs: {run: {parameters: {e: {type: executor, default: default}}, executor: << parameters.e >>, steps: [greet]}}`
  const orbs = {
    resolve: (reference: string) =>
      reference.startsWith('me/orb@') ? { source, resolved: 'me/orb@1.2.3', digest: 'd' } : undefined,
  }

  it('gives its commands, jobs and executors under its local name [I-028]', () => {
    const { plan, output } = compileText(
      `version: 2.1
orbs: {o: me/orb@1}
executors: {mine: {docker: [{image: my-image}]}}
jobs: {build: {executor: o/default, steps: [o/greet: {to: me}]}}
workflows: {w: {jobs: [build, o/run, {o/run: {name: other, e: mine}}]}}`,
      { orbs },
    )

    expect(plan?.orbs).toEqual([{ reference: 'me/orb@1', resolved: 'me/orb@1.2.3', digest: 'd' }])
    expect(Object.keys(plan!.jobs)).toEqual(['build', 'o/run', 'other'])
    expect(plan!.jobs.build!.steps).toMatchObject([{ command: 'inner hi' }, { command: 'hello me on main' }])
    expect(plan!.jobs['o/run']!.executor).toMatchObject({ images: [{ image: 'orb-image' }] })
    expect(plan!.jobs.other!.executor).toMatchObject({ images: [{ image: 'my-image' }] })
    expect(output).toMatch(/^# Orb 'me\/orb@1' resolved to 'me\/orb@1.2.3'\n/)
  })

  it('that is not there is the only thing reported, whatever uses it', () => {
    expect(
      errorsOf(
        `version: 2.1\norbs: {o: no/orb@1}\nworkflows: {w: {jobs: [o/x, {hold: {type: approval, requires: [o/x]}}]}}`,
      ),
    ).toEqual([
      'orb-not-found: Cannot find no/orb@1 in the orb registry. Check that the namespace, orb name and version are correct.',
    ])
  })

  it.each(['me/orb@1', 'https://example.com/orb.yml'])(
    'that hold what only a config may have are refused where they are imported: %s',
    (reference) => {
      const resolved = reference.replace(/@1$/, '@1.2.3')
      const orb = (rest: string) => ({
        resolve: () => ({ source: `version: 2.1\ncommands: {c: {steps: [checkout]}}\n${rest}`, resolved, digest: '' }),
      })
      const errors = (rest: string) => errorsOf(withSteps('- o/c', `orbs: {o: "${reference}"}`), { orbs: orb(rest) })

      expect(errors('aliases: [x]')).toEqual([])
      expect(errors('workflows: {w: {jobs: [a]}}')).toEqual([
        `orb-source: Orb ${resolved} holds 'workflows', which only a config may have`,
      ])
      expect(errors('parameters: {p: {type: string}}')).toEqual([
        `orb-source: Orb ${resolved} holds 'parameters', which only a config may have`,
      ])
    },
  )

  it('that are empty stand for an orb put in later: only using one is a mistake', () => {
    const source = (step: string) => withSteps(`- ${step}`, 'orbs: {mine: {}}')

    expect(errorsOf(source('checkout'))).toEqual([])
    expect(errorsOf(source('mine/x'))).toEqual([expect.stringMatching(/^orb-not-found: Orb 'mine' is empty here/)])
  })

  it('cannot see pipeline parameters', () => {
    expect(
      errorsOf(`version: 2.1
parameters: {p: {type: string, default: x}}
orbs: {o: {commands: {c: {steps: [{run: << pipeline.parameters.p >>}]}}}}
jobs: {build: {docker: [{image: a}], steps: [o/c]}}`),
    ).toEqual([expect.stringContaining('pipeline.parameters.p')])
  })
})

describe('mistakes', () => {
  it('are all reported at once, each with its place and chain [I-002]', () => {
    const { plan, output, diagnostics } = compileText(`version: 2.1
jobs:
  build:
    docker: [{image: a}]
    steps: [nothing, {run: "<< parameters.x >>"}]
workflows: {w: {jobs: [build, {deploy: {requires: [buidl]}}]}}`)

    expect(plan).toBeUndefined()
    expect(output).toBeUndefined()
    expect(diagnostics.map(({ code, chain }) => [code, chain?.map(({ kind, name }) => `${kind} ${name}`)])).toEqual([
      ['unknown-command', ['workflow w', 'job build']],
      ['undeclared-parameter', ['workflow w', 'job build']],
      ['unknown-job', ['workflow w']],
      ['requires', ['workflow w']],
    ])
    expect(diagnostics.at(-1)).toMatchObject({ hint: "Did you mean 'build'?" })
  })

  it('never come as exceptions', () => {
    for (const source of [
      '',
      '\0',
      '[]',
      'a: *b',
      'version: 2.1\n\tx: 1',
      '---\n---',
      'version: 2.1\njobs: 3\nworkflows: []',
    ]) {
      expect(compile(source, { pipelineValues: {} })).toMatchObject({ plan: undefined, output: undefined })
    }
  })
})

describe('a setup config', () => {
  it('is marked in the plan [I-029]', () => {
    expect(compileText(`version: 2.1\nsetup: true\njobs: {build: ${job}}`).plan?.setup).toBe(true)
  })

  it('may be one by a parameter, so that a config can continue with itself', () => {
    const source = `version: 2.1\nsetup: << pipeline.parameters.s >>\nparameters: {s: {type: boolean, default: true}}\njobs: {build: ${job}}`

    expect(compileText(source).plan?.setup).toBe(true)
    expect(compileText(source, { pipelineParameters: { s: false } }).plan?.setup).toBe(false)
    expect(errorsOf(source.replace('.s >>', '.t >>'))).toEqual([expect.stringMatching(/^unknown-variable: /)])
  })

  it('that runs several workflows is warned of; what filters keep from the branch does not count', () => {
    const source = (filters: string) =>
      `version: 2.1\nsetup: true\njobs: {a: ${job}}\nworkflows: {v: {jobs: [a]}, w: {jobs: [{a: {${filters}}}]}}`

    const several = compileText(source('context: c'))
    const one = compileText(source('filters: {branches: {ignore: /.*/}, tags: {only: /.*/}}'))

    expect(several.plan).toBeDefined()
    expect(several.diagnostics).toMatchObject([
      { code: 'setup', severity: 'warning', message: expect.stringMatching(/as here: v, w$/) },
    ])
    expect(one.plan?.workflows).toHaveLength(2)
    expect(one.diagnostics).toEqual([])
  })
})

describe('pipeline parameters', () => {
  const source = `version: 2.1\nparameters: {n: {type: integer, default: 1}, b: {type: boolean, default: false}}\njobs: {build: {docker: [{image: "a:<< pipeline.parameters.n >>"}], steps: []}}`

  it('take the value of the trigger over the default [I-021]', () => {
    const result = compileText(source, { pipelineParameters: { n: 5 } })

    expect(result.parameters).toEqual({ n: 5, b: false })
    expect(result.plan?.jobs.build?.executor).toMatchObject({ images: [{ image: 'a:5' }] })
  })

  it('cannot be made of each other', () => {
    const source = withSteps(
      '- run: << pipeline.parameters.b >>',
      'parameters: {a: {type: string, default: x}, b: {type: string, default: << pipeline.parameters.a >>}}',
    )

    expect(errorsOf(source)).toEqual([expect.stringMatching(/^parameter-declaration: The default of .*'b' refers/)])
  })

  it('are compared with their types, and must be declared', () => {
    expect(errorsOf(source, { pipelineParameters: { n: '5', x: 1 } })).toEqual([
      'pipeline-parameter: Unexpected argument(s): x',
      'argument-type: Type error for argument n: expected type: integer, actual value: "5" (type string)',
    ])
  })
})

it('runs jobs of version 2 whose names have slashes: there are no orbs they could belong to [I-001]', () => {
  const job = '{docker: [{image: a}], steps: [checkout]}'
  const source = `version: 2\njobs: {"(1/2) test": ${job}, o/test: ${job}}\nworkflows: {w: {jobs: ["(1/2) test", {o/test: {requires: ["(1/2) test"]}}]}}`

  expect(Object.keys(compileText(source).plan?.jobs ?? {})).toEqual(['(1/2) test', 'o/test'])
  expect(errorsOf(source.replace('o/test: {req', 'o/tests: {req'))).toEqual([
    'unknown-job: Cannot find a definition for job named o/tests',
  ])
})

it('keeps out of what version 2 does not know: other names hold anchors there', () => {
  const source = `version: 2
commands: [&say {run: hi}]
executors: &e x
setup: &setup {run: {command: set up}}
orbs: none
parameters: 1
jobs: {build: {docker: [{image: a}], steps: [*say, *setup, {run: "<< not.a.template"}]}}`

  expect(errorsOf(source)).toEqual([])
  expect(jobOf(source).steps).toMatchObject([
    { command: 'hi' },
    { command: 'set up' },
    { command: '<< not.a.template' },
  ])
})

it('says once what is wrong with a place that many jobs share', () => {
  const source = `version: 2.1
jobs: {a: {parameters: {v: {type: string}}, docker: [{image: a}], steps: [{run: {command: x, nmae: y}}]}}
workflows: {w: {jobs: [{a: {requires: [nobody], matrix: {parameters: {v: ["1", "2", "3"]}}}}]}}`

  expect(errorsOf(source)).toEqual([
    expect.stringMatching(/^unknown-key: extraneous key \[nmae\]/),
    expect.stringMatching(/^requires: /),
  ])
})
