import { describe, expect, it } from 'vitest'
import type { CompileOptions } from '../../compile.ts'
import { compileText, withSteps } from '../../testing/compile-text.ts'

/** What a config that compiles is warned of: code, what is under the caret, and the cure. */
function warnings(source: string, options: Partial<CompileOptions> = {}): readonly string[] {
  const { plan, diagnostics } = compileText(source, options)
  expect(plan).toBeDefined()
  return diagnostics.map(({ code, span, hint }) => `${code} at ${source.slice(span.start, span.end)}: ${hint}`)
}

const entry = (text: string) =>
  `version: 2.1\njobs: {a: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {w: {jobs: [a: ${text}]}}\n`

describe('the cure for a cache key is what it should read', () => {
  it.each([
    ['{{ checksum package.json }}', '{{ checksum package.json }}', 'Write {{ checksum "package.json" }}'],
    ["{{ checksum 'a.lock' }}", "{{ checksum 'a.lock' }}", 'Write {{ checksum "a.lock" }}'],
    ['{{ checksum("a") }}', '{{ checksum("a") }}', 'Write {{ checksum "a" }}'],
    ["{{ hashFiles('a') }}", "{{ hashFiles('a') }}", 'Write {{ checksum "a" }}'],
    ['{{ checksum "a" "b" }}', '{{ checksum "a" "b" }}', 'A checksum is of one file: write one part for each'],
    ['{{ Branch }}', '{{ Branch }}', "Did you mean '.Branch'?"],
    ['{{ .environment.HOME }}', '{{ .environment.HOME }}', 'Write {{ .Environment.HOME }}'],
    ['{{ $HOME }}', '{{ $HOME }}', 'Write {{ .Environment.HOME }}'],
    ['{{ parameters.os }}', '{{ parameters.os }}', 'Write << parameters.os >>'],
    ['{{ .Branch }}-{{ arch', '{{ arch', "Write '}}' behind what is filled in"],
    ['{{ .Branch }-{{ arch }}', '{{ .Branch }-{{ arch }}', "Write '}}' behind what is filled in"],
  ])('v1-%s', (part, caret, cure) => {
    const source = withSteps(`- restore_cache:\n    keys:\n      - v1-${part}\n      - v1-`)

    expect(warnings(source)).toEqual([`cache-key at ${caret}: ${cure}`])
  })

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a key reads
    ['v1-${CIRCLE_BRANCH}', 'Variables of the shell are not put into keys; write {{ .Environment.CIRCLE_BRANCH }}'],
    ['v1-{ .Branch }', 'What is filled in stands in two braces on either side: {{ .Branch }}'],
  ])('%s, which never changes', (key, cure) => {
    expect(warnings(withSteps(`- save_cache:\n    key: ${key}\n    paths: [a]`))).toEqual([
      `constant-cache-key at ${key}: ${cure}`,
    ])
  })
})

describe('a condition that something else was meant by', () => {
  const when = (condition: string) =>
    withSteps(`- when:\n    condition: ${condition}\n    steps: [checkout]\n- checkout`)

  it.each([
    ['pipeline.git.branch', 'pipeline.git.branch', 'Write << pipeline.git.branch >>'],
    ['"false"', '"false"', 'Write false without quotes'],
    ['{equal: [main, pipeline.git.branch]}', 'pipeline.git.branch', 'Write << pipeline.git.branch >>'],
    ['{equal: [main]}', 'main', 'Add what it is to be compared with'],
    ['{equal: [<< pipeline.number >>, "7"]}', '"7"', 'Write 7 without quotes'],
    ['{equal: ["true", true]}', 'true', 'Write it in quotes: "true"'],
    ['{matches: {pattern: m.*, value: pipeline.git.tag}}', 'pipeline.git.tag', 'Write << pipeline.git.tag >>'],
    ['', '', 'Write true, or what decides'],
  ])('is told apart: %s', (condition, caret, cure) => {
    expect(warnings(when(condition))).toEqual([`logic at ${caret}: ${cure}`])
  })

  it('is told apart where a comparison reaches out of its template', () => {
    expect(warnings(when('<< pipeline.git.branch >> == main'))).toEqual([
      expect.stringMatching(/^logic at << pipeline.git.branch >> == main: Put the whole comparison between << and >>/),
    ])
  })

  it.each([
    'true',
    'false',
    '<< pipeline.git.branch >>',
    '{equal: [main, << pipeline.git.branch >>]}',
    '{and: [true]}',
    '<<# pipeline.git.tag >>x<</ pipeline.git.tag >>',
  ])('is let be when it can be meant so: %s', (condition) => {
    expect(warnings(when(condition))).toEqual([])
  })
})

describe('a name in a filter', () => {
  const told = (kind: string, text: string) => warnings(entry(`{filters: {${kind}: {only: ${text}}}}`))

  it.each([
    ['branches', '"feature/*"', 'Write /feature\\/.*/'],
    ['branches', '"release-?.x"', 'Write /release-.\\.x/'],
    ['branches', '"^main$"', 'Write /^main$/'],
    ['branches', '/release-.*', 'Write /release-.*/'],
    ['branches', 'main|develop', 'Write /main|develop/'],
    ['branches', '"main, develop"', 'Write a list: [main, develop]'],
    ['branches', 'refs/heads/main', "Write 'main'"],
    ['tags', '"v*"', 'Write /v.*/'],
    ['tags', '/v*/', 'Write /v.*/'],
    ['branches', '/feature-/', 'Write /feature-.*/'],
  ])('that can match nothing, or hardly what is meant, is told with the pattern: %s: %s', (kind, text, cure) => {
    expect(told(kind, text)).toEqual([`filter at ${text}: ${cure}`])
  })

  it.each([
    'main',
    'release-1.x',
    '/feature-.*/',
    '/^v[0-9]+$/',
    '/.*/',
    '/main/',
    '/v\\d*/',
    '/(a|b)*/',
    'a+b',
    '/release\\/v[0-9.]*/',
  ])('that can match is let be: %s', (text) => {
    expect(told('branches', `'${text}'`)).toEqual([])
  })
})

describe('what has no effect', () => {
  it('an unused anchor is told where nothing comes of what it stands at, not where a step runs', () => {
    expect(warnings(`${withSteps('- run: &a make')}references: {b: &b {c: d}}\n`)).toEqual([
      'unused-anchor at &b: Remove it, or name it where it is to stand: *b',
    ])
  })

  it('orbs of a file of version 2 are told', () => {
    expect(
      warnings(entry('{}').replace('2.1', '2\norbs: {n: circleci/node@5}').replace('{w:', '{version: 2, w:')),
    ).toEqual(["ignored-key at orbs: Write 'version: 2.1' at the top"])
  })

  it('templates in a file of version 2 are told, once, and not in comments', () => {
    const source = `# << pipeline.id >>\n${withSteps('- run: echo << pipeline.number >> << parameters.a >>')}`.replace(
      '2.1',
      '2',
    )

    expect(warnings(source)).toEqual(["version at << pipeline.number >>: Write 'version: 2.1' at the top"])
  })

  it('a dot in the name of a variable is let be where a service reads it, and told where a shell does', () => {
    const source = withSteps('- run: {command: make, environment: {a.b: c}}').replace(
      'alpine',
      'alpine, environment: {a.b: c}',
    )

    expect(warnings(source)).toEqual(['name at a.b: undefined'])
  })
})

describe('a bracket that is left open', () => {
  it.each([
    ['steps: [checkout\n  two:\n    machine: true', '[', ']'],
    ['docker: [{image: a]\n    steps: [checkout]', '{', '}'],
  ])('is shown where it stands, once: %s', (lines, opening, closing) => {
    const { diagnostics } = compileText(`version: 2.1\njobs:\n  build:\n    ${lines}\n`)

    expect(diagnostics.map(({ message, hint }) => `${message} ${hint}`)).toEqual([
      `The '${opening}' that stands here is never closed Write '${closing}' where it is to end`,
    ])
  })
})
