import { describe, expect, it } from 'vitest'
import { compileText } from './testing/compile-text.ts'

/** What is told of a config: where the caret stands, and the cure. */
function told(source: string): readonly string[] {
  return compileText(source).diagnostics.map(
    ({ code, span, hint }) => `${code} at ${source.slice(span.start, span.end).split('\n', 1)[0]}: ${hint}`,
  )
}

const job = (lines: string) => `  build:\n    docker: [{image: a}]\n${lines.replaceAll(/^/gm, '    ')}\n`
const config = (workflow: string, lines = 'steps: [checkout]', top = '') =>
  `version: 2.1\n${top}jobs:\n${job(lines)}workflows:\n  main:\n${workflow.replaceAll(/^/gm, '    ')}\n`
const steps = (...texts: string[]) =>
  config('jobs: [build]', `steps:\n${texts.map((text) => `  - ${text}`).join('\n')}`)
const parameters = 'parameters: {os: {type: string, default: a}}\n'

/** Each mistake with what is told of it. */
const mistakes: readonly (readonly [title: string, source: string, told: readonly string[]])[] = [
  [
    'a text without quotes in an expression',
    config('jobs: [build: {filters: pipeline.git.branch == main}]'),
    [`unknown-variable at main: A text stands in double quotes: "main"`],
  ],
  [
    'a matrix value that the matrix has not',
    config(
      'jobs: [build: {name: "<< matrix.q >>", matrix: {parameters: {p: [a]}}}]',
      `steps: [checkout]\nparameters: {p: {type: string}}`,
    ),
    ['unknown-variable at << matrix.q >>: The matrix here has: p'],
  ],
  [
    'types of pipeline parameters that do not exist, or not there',
    config(
      'jobs: [build]',
      'steps: [checkout]',
      'parameters: {p: {type: strng, default: a}, q: {type: bool, default: true}, r: {type: steps, default: []}}\n',
    ),
    [
      "parameter-declaration at strng: Did you mean 'string'?",
      "parameter-declaration at bool: Did you mean 'boolean'?",
      "parameter-declaration at steps: Take a name as 'string', and put it in where it is used",
    ],
  ],
  [
    'a default that is no value of its enum',
    config('jobs: [build]', 'steps: [checkout]\nparameters: {e: {type: enum, enum: [alpha, beta], default: alhpa}}'),
    ["parameter-default at alhpa: Did you mean 'alpha'?"],
  ],
  [
    'the values of an enum under another key, once',
    config('jobs: [build]', 'steps: [checkout]\nparameters: {e: {type: enum, values: [a, b], default: a}}'),
    ["parameter-declaration at values: Did you mean 'enum'?"],
  ],
  [
    'commands and executors in a file of version 2',
    'version: 2\njobs:\n  build: {executor: e, steps: [c]}\nworkflows:\n  version: 2\n  main: {jobs: [build, n/t]}\n',
    [
      "unknown-executor at e: Executors need 'version: 2.1' at the top",
      "unknown-command at c: Commands need 'version: 2.1' at the top",
      "unknown-job at n/t: Orbs need 'version: 2.1' at the top",
    ],
  ],
  [
    'an include in a config that was not packed',
    steps('run: <<include(scripts/a.sh)>>'),
    [
      "expression at <<include(scripts/a.sh)>>: Write what the file holds here, or let 'rondo config pack FOLDER' print the config",
    ],
  ],
  [
    'steps around a job that are no list',
    config('jobs: [build: {post-steps: checkout}]'),
    ["expected-type at checkout: Write 'post-steps:', and below it each step with a dash: '- checkout'"],
  ],
  [
    'a command that is a list',
    config('jobs: [build]', 'steps: [d]', 'commands: {d: [checkout]}\n'),
    ["missing-key at d: Write 'steps:' above the list"],
  ],
  [
    'a serial group with a blank in it',
    config('jobs: [build: {serial-group: a b}]'),
    ["invalid-value at a b: Write 'a-b'"],
  ],
  [
    'a parameter of a job that entries keep for themselves',
    config('jobs: [build]', 'steps: [checkout]\nparameters:\n  context: {type: string, default: a}'),
    ['parameter-declaration at context: Give the parameter another name'],
  ],
  [
    'a job without an environment to run in, or with two',
    'version: 2.1\njobs:\n  build:\n    steps: [checkout]\n  two:\n    machine: true\n    docker: [{image: a}]\n    steps: [checkout]\nworkflows: {main: {jobs: [build, two]}}\n',
    [
      "executor-choice at build: Add 'docker:', 'machine:', 'macos:' or 'executor:'",
      'executor-choice at docker: Keep exactly one of them',
    ],
  ],
  [
    'a job and steps that lack keys, in block style',
    'version: 2.1\njobs:\n  build:\n    docker: [{image: a}]\n  two:\n    docker: [{image: a}]\n    steps:\n      - save_cache:\n          paths: [a]\nworkflows: {main: {jobs: [build, two]}}\n',
    ["missing-key at build: Write 'steps:' below it, a list of steps", "missing-key at save_cache: Add 'key:'"],
  ],
  [
    'requirements with a name that is near, in use otherwise, or not in this workflow',
    `version: 2.1\njobs:\n${job('steps: [checkout]\nparameters: {p: {type: string, default: x}}')}  lint: {machine: true, steps: [checkout]}\n  last: {machine: true, steps: [checkout]}\nworkflows:\n  main:\n    jobs:\n      - build: {matrix: {alias: all, parameters: {p: [x, y]}}}\n      - last: {requires: [al]}\n      - last: {requires: [build]}\n      - last: {requires: [build-z]}\n      - last: {requires: [lint]}\n      - last: {requires: [other]}\n`,
    [
      "requires at al: Did you mean 'all'?",
      "requires at build: Here it is called 'all': require that name",
      "requires at build-z: Did you mean 'build-x'?",
      "requires at lint: Workflow 'main' does not run it: add '- lint' to its jobs",
      "requires at other: It may require 'build-x', 'all', 'build-y', 'last'",
    ],
  ],
  [
    'an approval that is written otherwise',
    config(
      'jobs:\n  - a: {approval: true}\n  - b: {typ: approval}\n  - c: approval\n  - d: {type: approvl}\n  - build',
    ),
    [
      "unknown-job at a: Write 'type: approval' in place of 'approval'",
      "unknown-job at b: Write 'type: approval' in place of 'typ'",
      "expected-type at approval: Write 'type: approval' below it",
      "job-type at approvl: Did you mean 'approval'?",
    ],
  ],
  [
    'statuses by other words',
    config('jobs: [build, build: {name: b, requires: [build: [fail, passed, skipped]]}]'),
    [
      "requires at fail: Did you mean 'failed'?",
      "requires at passed: Did you mean 'success'?",
      "requires at skipped: Did you mean 'not_run'?",
    ],
  ],
  [
    'values of a scope that is near',
    config(
      'jobs: [build]',
      `${parameters}steps:\n  - run: << parameter.os >>\n  - run: << parameters:os >>\n  - run: << params.os >>\n  - run: << os >>\n  - run: << pipelines.number >>\n  - run: << pipeline.branch >>\n  - run: << env.HOME >>`,
    ),
    [
      "unknown-variable at parameter.os: Did you mean 'parameters.os'?",
      "expression at :: Did you mean 'parameters.os'?",
      "unknown-variable at params.os: Did you mean 'parameters.os'?",
      "unknown-variable at os: Did you mean 'parameters.os'?",
      "unknown-variable at pipelines.number: Did you mean 'pipeline.number'?",
      "unknown-variable at << pipeline.branch >>: Did you mean 'pipeline.git.branch'?",
      "unknown-variable at env.HOME: Variables of the environment exist when a job runs, not here; a shell command reads them as '$NAME'",
    ],
  ],
  [
    'exclusions of values that the matrix has not',
    config(
      'jobs: [build: {matrix: {parameters: {v: ["1.10", "2"]}, exclude: [v: 1.10, v: "3"]}}]',
      'steps: [checkout]\nparameters: {v: {type: string}}',
    ),
    ['matrix at 1.10: Write it in quotes: "1.10"', 'matrix at "3": Its values are 1.10, 2'],
  ],
  [
    'an element used as another kind',
    config('jobs: [build, d]', 'steps: [build, npm ci, unheard]', 'commands: {d: {steps: [checkout]}}\n'),
    [
      "unknown-command at build: 'build' is a job, which workflows name",
      "unknown-command at npm ci: Write '- run: npm ci'",
      "unknown-command at unheard: Define it under 'commands:'; a command of the shell is written '- run: …'",
      "unknown-job at d: 'd' is a command, which steps name",
    ],
  ],
  [
    'arguments of another type',
    config(
      'jobs: [build: {b: "true", n: "3", e: 4}]',
      'steps: [checkout]\nparameters: {b: {type: boolean}, n: {type: integer}, e: {type: string}}',
    ),
    [
      'argument-type at "true": Write true without quotes',
      'argument-type at "3": Write 3 without quotes',
      'argument-type at 4: Write it in quotes: "4"',
    ],
  ],
  [
    'keys of other places and products',
    config(
      'if: true\njobs: [build: {needs: [a], steps: [a], parameters: {os: [a]}}]',
      'steps: [run: {command: a, env: {}, continue-on-error: true}]\nneeds: [a]\nfilters: {}\nworking_dir: a\nservices: []',
    ),
    [
      "unknown-key at env: Did you mean 'environment'?",
      "unknown-key at continue-on-error: Let the command end in '|| true'",
      "unknown-key at needs: 'requires' stands below the job's name in a workflow",
      "unknown-key at filters: 'filters' stands below the job's name in a workflow",
      "unknown-key at working_dir: Did you mean 'working_directory'?",
      "unknown-key at services: An image is written 'docker: [{image: …}]'",
      "unknown-key at if: Did you mean 'when'?",
      "unexpected-argument at needs: Did you mean 'requires'?",
      "unexpected-argument at steps: 'steps' stands at the job itself, below 'jobs:' at the top",
      "unexpected-argument at parameters: Arguments stand right below the job's name; lists of values stand in 'matrix: {parameters: …}'",
    ],
  ],
  [
    'orb references of other forms',
    config(
      'jobs: [build]',
      'steps: [checkout]',
      'orbs: {a: circleci/node, b: circleci/node@latest, c: circleci/node@^5.0, d: Circleci/Node@5.x, e: "circleci/node:5"}\n',
    ),
    [
      'orb-reference at circleci/node: Add a version: circleci/node@1.2.3',
      'orb-reference at circleci/node@latest: Name a version: circleci/node@1.2.3, or @1 to take the newest of a major version',
      'orb-reference at circleci/node@^5.0: Write circleci/node@5.0',
      'orb-reference at Circleci/Node@5.x: Write circleci/node@5',
      'orb-reference at "circleci/node:5": Write circleci/node@5',
    ],
  ],
  [
    'jobs of a workflow without dashes, and steps that slipped out of their job',
    'version: 2.1\njobs:\n  build:\n    docker: [{image: a}]\n  steps:\n    - checkout\nworkflows:\n  main:\n    jobs:\n      build: {}\n',
    [
      "missing-key at build: Write 'steps:' below it, a list of steps",
      "expected-type at steps: Indent 'steps' further, so that it stands in the job above it",
      "missing-key at build: {}: Write each job with a dash: '- build'",
    ],
  ],
  [
    'a colon or a dot where it does not belong',
    config('jobs: [build]', 'steps: ["run:make", o.hello]', 'orbs: {o: {commands: {hello: {steps: [checkout]}}}}\n'),
    [
      'unknown-command at "run:make": A blank follows the colon: \'- run: make\'',
      "unknown-command at o.hello: Did you mean 'o/hello'?",
    ],
  ],
  [
    'a step with one text in place of its keys',
    steps('restore_cache: v1', 'store_artifacts: out'),
    ["expected-type at v1: Write 'key: v1' below it", "expected-type at out: Write 'path: out' below it"],
  ],
  [
    'a schedule by steps, and one that lacks a field',
    config(
      'triggers:\n  - schedule: {cron: "*/20 * * * *", filters: {branches: {only: main}}}\n  - schedule: {cron: "0 0 * *", filters: {branches: {only: main}}}\njobs: [build]',
    ),
    [
      'schedule at "*/20 * * * *": Write 0,20,40 for */20',
      'schedule at "0 0 * *": Write minute, hour, day of month, month and day of week, with blanks between them',
    ],
  ],
  [
    'statements of a condition in another form',
    config('when: {condition: {equal: [a, b]}}\njobs: [build]').replace(
      'jobs: [build]\n',
      'jobs: [build]\n  two: {when: {and: {equal: [a, b]}}, jobs: [build]}\n  three: {when: pipeline.git.branch =~ /a/, jobs: [build]}\n',
    ),
    [
      "logic at {condition: {equal: [a, b]}}: Take 'condition:' off: the statement stands right here",
      'logic at {equal: [a, b]}: Begin each statement with a dash',
      'expression at ~: A pattern is compared by: matches /^v.*/',
    ],
  ],
  [
    'a template that lacks its second bracket',
    steps('run: echo << pipeline.number >'),
    ["unclosed-template at << pipeline.number >: Write '>>' behind it"],
  ],
  [
    'a dash without a blank',
    'version: 2.1\na:\n  - b\n  -checkout\n',
    ["yaml-syntax at -: A blank follows the dash: '- checkout'"],
  ],
  [
    'the marks of a merge conflict',
    'version: 2.1\n<<<<<<< HEAD\njobs: {}\n',
    ['yaml-syntax at <<<<<<< HEAD: Remove the marks of the merge conflict'],
  ],
  [
    'a text that begins with a star',
    steps('store_artifacts: {path: "a"}', 'run: *foo'),
    ["yaml-anchor at *foo: Write '&foo' before what it stands for; a text that begins with '*' stands in quotes"],
  ],
  [
    'a list for a text',
    steps('run: {command: [a, b]}', 'store_artifacts: {path: [a]}'),
    [
      "expected-type at [a, b]: Write one text; one of several lines begins with '|'",
      'expected-type at [a]: Write it alone, without brackets or a dash',
    ],
  ],
  [
    'a tab, without what follows from it',
    'version: 2.1\njobs:\n  build:\n    steps:\n\t- checkout\n',
    ['yaml-syntax at \t: Indent with blanks'],
  ],
  [
    'a serial-group of two jobs beside each other',
    config('jobs: [build: {serial-group: k}, build: {name: b, serial-group: k}]'),
    ['serial-group at build: Put both into a job group that carries the serial-group'],
  ],
  [
    'a serial-group of two jobs that follow each other, however far',
    config(
      'jobs: [build: {serial-group: k}, build: {name: m, requires: [build]}, build: {name: b, requires: [m], serial-group: k}]',
    ),
    [
      'serial-group at build: Put both into a job group that carries the serial-group: when a newer pipeline asks for it between the two, the second is not run',
    ],
  ],
]

describe('what is told of a mistake points at it and helps', () => {
  it.each(mistakes)('%s', (_, source, expected) => {
    expect(told(source)).toEqual(expected)
  })
})

describe('a mistake below an entry of a workflow names the entry', () => {
  it.each([
    ['requires', 'jobs: [build, build: {name: b, requires: [build: fail]}]', ['main', 'b']],
    ['serial-group', 'jobs: [build: {serial-group: a b}]', ['main', 'build']],
  ])('%s', (_, workflow, frames) => {
    const [diagnostic] = compileText(config(workflow)).diagnostics

    expect(diagnostic?.chain?.map(({ name }) => name)).toEqual(frames)
  })

  it('and of an environment, the executor it comes from', () => {
    const source = config(
      'jobs: [build]',
      'executor: e\nsteps: [checkout]',
      'executors: {e: {machine: true, environment: 5}}\n',
    )
    const [diagnostic] = compileText(source.replace('    docker: [{image: a}]\n', '')).diagnostics

    expect(diagnostic?.chain?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'workflow main',
      'job build',
      'executor e',
    ])
  })
})
