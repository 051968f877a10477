import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { compileText } from './testing/compile-text.ts'

/** What the job `build` compiles to, key order included: the section of the semantics, the rule, a config, the job. */
type Row = readonly [section: string, rule: string, source: string, job: Readonly<Record<string, unknown>>]

const docker = [{ image: 'a' }]
const withSteps = (steps: string, rest = '') =>
  `version: 2.1\n${rest}\njobs:\n  build:\n    docker: [{image: a}]\n    steps:\n${steps.replace(/^/gm, '      ')}\n`
const runs = (...commands: readonly string[]) => ({ docker, steps: commands.map((command) => ({ run: { command } })) })
const say = (type: string, rest = '') =>
  `commands: {say: {parameters: {x: {type: ${type}${rest}}}, steps: [{run: "[<< parameters.x >>]"}]}}`
const withExecutor = (executor: string, job: string) =>
  `version: 2.1\nexecutors: {e: {parameters: {t: {type: string, default: z}}, ${executor}}}\njobs: {build: {${job}}}\n`
const steps = ['checkout']
const when = (condition: string) => withSteps(`- when: {condition: ${condition}, steps: [run: kept]}\n- run: always`)
const kept = runs('kept', 'always')
const dropped = runs('always')

const rows: readonly Row[] = [
  ['1', 'Yes is a boolean', withSteps('- say: {x: Yes}', say('boolean')), runs('[true]')],
  ['1', 'OFF is a boolean', withSteps('- say: {x: OFF}', say('boolean')), runs('[false]')],
  ['1', 'y alone is a text', withSteps('- say: {x: y}', say('string')), runs('[y]')],
  ['1', 'a date is a text', withSteps('- say: {x: 2024-01-01}', say('string')), runs('[2024-01-01]')],
  [
    '1',
    'what stands there beats what is merged, and the earlier map of a list the later',
    withSteps('- run: {<<: [*a, *b], name: own}', 'x: [&a {command: first, name: a}, &b {command: second, shell: sh}]'),
    { docker, steps: [{ run: { command: 'first', name: 'own', shell: 'sh' } }] },
  ],
  [
    '1',
    'an alias means the latest anchor of its name before it',
    withSteps('- run: *c', 'x: [&c one, &c two]'),
    runs('two'),
  ],
  [
    '1',
    'a template in an anchored block is evaluated at each place of use',
    withSteps(
      '- say: {x: "1"}\n- tell: {x: "2"}',
      'commands: {say: &s {parameters: {x: {type: string}}, steps: [run: "<< parameters.x >>"]}, tell: *s}',
    ),
    runs('1', '2'),
  ],
  ['4.1', 'an empty text is a value', withSteps('- say: {x: ""}', say('string', ', default: d')), runs('[]')],
  [
    '4.4',
    'a called command does not see its caller; steps are expanded where they are written',
    withSteps(
      '- outer: {x: mine}',
      'commands: {outer: {parameters: {x: {type: string}}, steps: [{inner: {x: other, then: [run: << parameters.x >>]}}]}, inner: {parameters: {x: {type: string}, then: {type: steps}}, steps: [{run: << parameters.x >>}, {steps: << parameters.then >>}]}}',
    ),
    runs('other', 'mine'),
  ],
  ['5', 'an integer in a text is decimal', withSteps('- say: {x: 12}', say('integer')), runs('[12]')],
  ['5', 'a boolean in a text is true or false', withSteps('- say: {x: on}', say('boolean')), runs('[true]')],
  [
    '5',
    'substituted text is not looked through again',
    withSteps("- say: {x: 'a \\<< parameters.x >>'}", say('string')),
    runs('[a << parameters.x >>]'),
  ],
  ['5', 'an escape becomes two signs once', withSteps('- run: "cat \\\\<<EOF \\\\<<<x"'), runs('cat <<EOF <<<x')],
  [
    '5',
    'a line with only a section tag disappears',
    withSteps(
      '- c: {f: true}',
      'commands:\n  c:\n    parameters: {f: {type: boolean}}\n    steps:\n      - run: |\n          one\n          <<# parameters.f >>\n          two\n          <</ parameters.f >>\n          <<^ parameters.f >>\n          three\n          <</ parameters.f >>\n          four',
    ),
    runs('one\ntwo\nfour\n'),
  ],
  [
    '5',
    'blanks around a template make a text of it',
    withSteps('- say: {x: " << pipeline.number >>"}', say('string')),
    runs('[ 7]'),
  ],
  ['7', 'zero is false', when('0'), dropped],
  ['7', 'an empty text is false', when('""'), dropped],
  ['7', 'null is false', when('null'), dropped],
  ['7', 'the text false is true', when('"false"'), kept],
  ['7', 'the text 0 is true', when('"0"'), kept],
  ['7', 'equal looks at types', when('{equal: ["1", 1]}'), dropped],
  ['7', 'equal takes many', when('{equal: [a, a, b]}'), dropped],
  ['7', 'matches needs the whole value', when('{matches: {pattern: ma, value: << pipeline.git.branch >>}}'), dropped],
  [
    '7',
    'an absent value matches as an empty text',
    when('{matches: {pattern: "^$", value: << pipeline.git.tag >>}}'),
    kept,
  ],
  ['7', 'statements nest', when('{and: [{not: {equal: [a, b]}}, {or: [false, 1]}]}'), kept],
  [
    '10',
    "the executor's keys come first, and the job's values take their places entirely",
    withExecutor(
      'shell: sh, docker: [{image: "e:<< parameters.t >>"}, {image: db}]',
      'steps: [checkout], executor: {name: e, t: x}, docker: [{image: j}], resource_class: small',
    ),
    { shell: 'sh', docker: [{ image: 'j' }], steps, resource_class: 'small' },
  ],
  [
    '10',
    "environments are joined, the executor's first, where the job has it",
    withExecutor(
      'environment: {A: 1, B: x}, docker: [{image: a}]',
      'executor: e, environment: {B: y}, steps: [checkout]',
    ),
    { docker, environment: [{ A: 1 }, { B: 'x' }, { B: 'y' }], steps },
  ],
  [
    '10',
    'an environment only the executor has stands last',
    withExecutor('environment: {A: x}, docker: [{image: a}]', 'executor: e, steps: [checkout]'),
    { docker, steps, environment: [{ A: 'x' }] },
  ],
  [
    '10',
    'resource_class and shell move out of machine',
    'version: 2.1\njobs: {build: {machine: {image: u, resource_class: large, shell: sh}, steps: [checkout]}}',
    { machine: { image: 'u' }, steps, resource_class: 'large', shell: 'sh' },
  ],
  [
    '10',
    'but the one of the job stays',
    'version: 2.1\njobs: {build: {machine: {image: u, resource_class: large}, resource_class: small, steps: [checkout]}}',
    { machine: { image: 'u' }, resource_class: 'small', steps },
  ],
  [
    '11',
    'a command leaves no trace',
    withSteps('- c\n- c:', 'commands: {c: {description: d, steps: [run: x]}}'),
    runs('x', 'x'),
  ],
  [
    '12',
    'circleci_ip_ranges is kept, false as well',
    withSteps('- checkout').replace('    steps', '    circleci_ip_ranges: false\n    description: gone\n    steps'),
    { docker, circleci_ip_ranges: false, steps },
  ],
  [
    '12.2',
    'a variable is split at its first equals sign, its quotes kept',
    withSteps('- checkout').replace('    steps', "    environment: ['A=\"x=y\"', 'B=1']\n    steps"),
    { docker, environment: [{ A: '"x=y"' }, { B: '1' }], steps },
  ],
]

it.each(rows)('section %s: %s', (_section, _rule, source, job) => {
  const { output, diagnostics } = compileText(source)

  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  // As text, because the order of keys counts.
  expect(JSON.stringify(parse(output!).jobs.build)).toBe(JSON.stringify(job))
})

it('a requirement that no status meets is one in the compiled config, too', () => {
  const source = `version: 2.1
jobs: {build: {docker: [{image: a}], steps: [checkout]}, never: {docker: [{image: a}], steps: [checkout]}}
workflows: {w: {jobs: [build, never: {requires: [build: failed, build: success]}]}}
`
  const requirements = (text: string) => {
    const { plan, output } = compileText(text)
    const requires = plan!.workflows[0]!.jobs.map((job) => job.requires)
    return { requires, output: output! }
  }

  const once = requirements(source)
  const again = requirements(once.output)

  expect(once.requires[1]).toEqual([{ node: 'build', statuses: [] }])
  expect(again.requires).toEqual(once.requires)
})
