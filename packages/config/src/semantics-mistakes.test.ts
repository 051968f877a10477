import { expect, it } from 'vitest'
import { compileText, errorsOf } from './testing/compile-text.ts'
import { d, groups, schedule, steps, workflow } from './testing/workflow-config.ts'

/** What is said of steps and workflows, statement by statement (semantics 14 to 23): one mistake, one sentence. */

it.each<readonly [section: string, what: string, source: string, refusal: RegExp]>([
  ['14', 'checkout with a depth and no shallow method', steps('- checkout: {depth: 3}'), /depth can only be used with/],
  ['14', 'a shallow checkout without a depth', steps('- checkout: {method: shallow}'), /\[depth\] not found/],
  ['14', 'a condition without steps', steps('- unless: {condition: true}'), /\[steps\] not found in the 'unless' step/],
  [
    '14',
    'a list as a command',
    steps('- run: {command: [a, b]}'),
    /'command' of the step 'run': expected type: String/,
  ],
  ['14', 'a step of two keys', steps('- run: x\n  name: y'), /exactly one key; maximum size: \[1\], found: \[2\]/],
  [
    '14.1',
    'a background step that is run again',
    steps('- run: {command: x, background: true, max_auto_reruns: 1}'),
    /Background steps cannot/,
  ],
  [
    '14.1',
    'a delay of no time',
    steps('- run: {command: x, max_auto_reruns: 1, auto_rerun_delay: 0s}'),
    /in the format/,
  ],
  [
    '15',
    'a condition in version 2, which has none',
    workflow('- a', '', '    when: false\n')
      .replace('version: 2.1', 'version: 2')
      .replace(/ {2}p: .*\n/, ''),
    /'when' of workflow 'w' needs version 2\.1/,
  ],
  ['15', 'an unknown key of a workflow', workflow('- a', '', '    foo: 1\n'), /extraneous key \[foo\]/],
  ['16', 'an unknown status', workflow('- a\n- b: {requires: [{a: sucess}]}'), /Unknown status 'sucess'/],
  [
    '16',
    'a map as context',
    workflow('- a: {context: {x: 1}}'),
    /'context' of job 'a': expected type: String, found: Mapping/,
  ],
  ['16', 'an empty name', workflow('- a: {name: ""}'), /'name' of 'a' must be a text, found an empty text/],
  ['16', 'a list as a name', workflow('- a: {name: [x]}'), /'name' of 'a' must be a text, found Sequence/],
  [
    '17',
    'a matrix of approvals',
    workflow('- hold: {type: approval, matrix: {parameters: {v: [a]}}}'),
    /cannot have a matrix/,
  ],
  [
    '18',
    'a name that two others carry',
    workflow('- p: {v: "1"}\n- p: {v: "2"}\n- a: {requires: [p]}'),
    /the name of 2 other jobs/,
  ],
  ['19.1', 'a list as filters', workflow('- a: {filters: [x]}'), /must be a map or an expression, found Sequence/],
  [
    '19.1',
    'a pattern that is none',
    workflow('- a: {filters: {branches: {only: "/(/"}}}'),
    /The pattern \/\(\/ cannot be used/,
  ],
  [
    '20',
    'filters of a schedule by tags',
    workflow('- a', '', schedule('"0 0 * * *"').replace(']}}', ']}, tags: {only: x}}')),
    /extraneous key \[tags\]/,
  ],
  [
    '20',
    'a range that runs backwards',
    workflow('- a', '', schedule('"0 0 * * 5-1"')),
    /the range '5-1' runs backwards/,
  ],
  [
    '21',
    'an unknown type, and nothing that follows from it',
    workflow('- t').replace('jobs:\n', 'jobs:\n  t: {type: foo}\n'),
    /Invalid job type 'foo'/,
  ],
  [
    '21.4',
    'a lock without its key, once',
    workflow('- l: {name: other}').replace('jobs:\n', 'jobs:\n  l: {type: lock}\n'),
    /\[key\] not found/,
  ],
  ['21.5', 'a group without jobs', workflow('- g', 'job-groups: {g: {jobs: []}}'), /found an empty list/],
  [
    '21.5',
    'parameters of a group',
    workflow('- g', 'job-groups: {g: {jobs: [a], parameters: {x: {type: string}}}}'),
    /extraneous key \[parameters\]/,
  ],
  ['21.5', 'a context on a group', workflow('- g: {context: c}', groups), /do not support 'context'/],
  [
    '21.5',
    'a job of a group that requires one outside',
    workflow('- b\n- g', 'job-groups: {g: {jobs: [{a: {requires: [b]}}]}}'),
    /the name of 0 other jobs/,
  ],
  [
    '21.5',
    'a serial-group inside of a group',
    workflow('- g', 'job-groups: {g: {jobs: [{a: {serial-group: k}}]}}'),
    /inside a job-group is not supported/,
  ],
  ['22', 'setup by a text', `setup: "true"\n${workflow('- a')}`, /'setup' must be true or false, found String/],
])('section %s: %s is refused, in one sentence', (_section, _what, source, refusal) => {
  expect(errorsOf(source)).toEqual([expect.stringMatching(refusal)])
})

it('section 21.5: a group that runs twice without names is told so at both places, and no more', () => {
  expect(errorsOf(workflow('- g\n- g', groups))).toHaveLength(2)
})

it.each<readonly [section: string, what: string, source: string, warning: RegExp]>([
  [
    '4.1',
    'a default with nothing behind it',
    workflow('- q: {x: y}').replace(
      'jobs:\n',
      `jobs:\n  q: {parameters: {x: {type: string, default: }}, ${d}, steps: []}\n`,
    ),
    /empty default, which is none/,
  ],
  [
    '4.3',
    'an argument with nothing behind it',
    steps(
      '- c: {x: }',
      "commands: {c: {parameters: {x: {type: string, default: ''}}, steps: [{run: z<< parameters.x >>}]}}",
    ),
    /'x' has no value here: its default counts/,
  ],
  [
    '5',
    'a section that never ends',
    steps('- run: "a <<# pipeline.number >> b"'),
    /^The section of 'pipeline\.number' never ends/,
  ],
  [
    '5',
    'a section that ends and never began, as a here-document of a path does',
    steps('- run: "cat <</ tmp >> b"'),
    /^'<<\/ tmp >>' ends a section that nothing began/,
  ],
  [
    '5',
    'a section that another name ends',
    steps('- run: "<<# pipeline.number >>a<</ pipeline.id >>"'),
    /^'<<\/ pipeline\.id >>' ends the section of 'pipeline\.number'/,
  ],
  [
    '14.1',
    'a timeout without a unit',
    steps('- run: {command: x, no_output_timeout: 10}'),
    /'10' has no unit and is taken as 10 seconds/,
  ],
  [
    '15',
    'workflows of version 2 without their version',
    workflow('- a')
      .replace('version: 2.1', 'version: 2')
      .replace(/ {2}p: .*\n/, '')
      .replaceAll('<< parameters.t >>', 't'),
    /'workflows' needs 'version: 2' too/,
  ],
  [
    '16',
    'one job required twice with statuses that exclude each other',
    workflow('- a\n- b: {requires: [a, {a: failed}]}'),
    /'b' requires 'a' twice, with statuses that exclude each other/,
  ],
  [
    '20',
    'a day that no month has',
    workflow('- a', '', schedule('0 0 30 2 *')),
    /^The schedule '0 0 30 2 \*' never comes/,
  ],
  [
    '21.6',
    'an override that names no job of an orb',
    workflow('- a: {override-with: b}'),
    /'override-with' names a job of an orb, found 'b': 'a' is not overridden/,
  ],
  [
    '28.7',
    'an anchor nobody names',
    `${steps('- run: echo')}\nreferences:\n  x: &x echo\n`,
    /^Anchor 'x' is never used/,
  ],
  [
    '14',
    'another key beside a condition',
    steps('- when: {condition: true, steps: [checkout], name: x}'),
    /The key 'name' means nothing in the step 'when'/,
  ],
  ['16', 'a context named twice', workflow('- a: {context: [x, x]}'), /named twice/],
  [
    '17',
    'an exclusion that leaves a parameter out',
    workflow('- p: {matrix: {parameters: {v: [q, r], n: [1]}, exclude: [{v: q}]}}'),
    /does not name n: it excludes nothing/,
  ],
  [
    '17',
    'an exclusion of a parameter that is not there',
    workflow('- p: {matrix: {parameters: {v: [q, r]}, exclude: [{w: q}]}}'),
    /names 'w', which is no parameter of the matrix/,
  ],
  [
    '17',
    'exclusions that leave nothing',
    workflow('- p: {matrix: {parameters: {v: [q]}, exclude: [{v: q}]}}'),
    /leaves no job of this matrix/,
  ],
  [
    '21.2',
    'steps of a job that runs none',
    workflow('- n').replace('jobs:\n', 'jobs:\n  n: {type: no-op, steps: [checkout]}\n'),
    /Steps only exist in `build` jobs/,
  ],
  [
    '21.4',
    'a serial-group used twice in a workflow',
    workflow('- a: {serial-group: k}\n- b: {serial-group: k}'),
    /'b' and 'a' share the serial-group 'k'/,
  ],
  [
    '21.5',
    'a status a group never has',
    workflow('- g\n- p: {requires: [{g: failed}]}', groups),
    /ends as success or not_run: 'p' never runs/,
  ],
  [
    '22',
    'a setup config that runs two workflows',
    `setup: true\n${workflow('- a')}  x: {jobs: [b]}\n`,
    /is refused where several would run, as here: w, x$/,
  ],
  [
    '25',
    'a part of a cache key that means nothing',
    steps('- restore_cache: {keys: ["{{ .Brunch }}"]}'),
    /\{\{ \.Brunch \}\} of a cache key cannot be filled in/,
  ],
  [
    '25',
    'a cache key that is too long',
    steps(`- restore_cache: {key: ${'k'.repeat(901)}}`),
    /901 characters is too long/,
  ],
  [
    '28.7',
    'an orb that nothing uses',
    steps('- checkout', 'orbs: {o: {commands: {c: {steps: [checkout]}}}}'),
    /Orb 'o' is unused/,
  ],
])('section %s: %s is warned about, once', (_section, _what, source, warning) => {
  const { plan, diagnostics } = compileText(source)

  expect(plan).toBeDefined()
  expect(diagnostics.map(({ message }) => message)).toEqual([expect.stringMatching(warning)])
})
