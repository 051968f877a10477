import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readReference, referenceFiles } from '../reference/reference-folder.ts'
import { pack } from './pack.ts'

const folder = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files))

describe('packing a folder', () => {
  it('makes a file the value of its name, a folder a map, and an @file or one at the top part of its folder', () => {
    const { text } = pack(
      folder({
        '@orb.yml': 'version: 2.1\ndescription: d\n',
        'display.yml': 'display: { home_url: "https://example.com" }\n',
        'commands/say.yml': 'steps: [checkout]\n',
        'commands/@empty.yml': '# nothing yet\n',
        'jobs/build/@common.yml': 'docker: [{image: a}]\n',
        'jobs/build/steps.yaml': 'x: 1\n',
      }),
    )

    expect(text).toBe(
      'commands:\n  say:\n    steps:\n    - checkout\ndescription: d\ndisplay:\n  home_url: https://example.com\njobs:\n  build:\n    docker:\n    - image: a\n    steps:\n      x: 1\nversion: 2.1\n',
    )
  })

  it('ignores what is hidden or no YAML', () => {
    const { text } = pack(folder({ 'a/a.yml': 'x: 1\n', '.b.yml': 'x: 1\n', '.c/d.yml': 'x: 1\n', 'README.md': '# x' }))

    expect(text).toBe('a:\n  a:\n    x: 1\n')
  })

  it('merges maps deeply, and lets the later file win', () => {
    const { text } = pack(folder({ '@a.yml': 'm: {a: 1, b: 1}\n', '@b.yml': 'm: {b: 2, c: [1]}\n' }))

    expect(text).toBe('m:\n  a: 1\n  b: 2\n  c:\n  - 1\n')
  })

  it('resolves anchors, and keeps numbers as written', () => {
    const { text } = pack(folder({ '@a.yml': 'a: &a {v: 3.10}\nb: *a\n' }))

    expect(text).toBe('a:\n  v: 3.10\nb:\n  v: 3.10\n')
  })

  it('writes what YAML 1.1 takes for true or false as such, and keeps texts in quotes', () => {
    const { text } = pack(folder({ '@a.yml': 'a: {default: on}\nb: {default: no}\nc: {default: "on"}\n' }))

    expect(parse(text!)).toEqual({ a: { default: true }, b: { default: false }, c: { default: 'on' } })
  })

  it('orders keys by what they say: signs before letters, numbers by value', () => {
    const keys = ['GO_TAGS', 'GOTEST', 'GO111MODULE', 'a10', 'a9', 'a9b', 'a9-b', 'a', 'a-b', 'ab', 'Z', '1.10', '1.9']

    const { text } = pack(folder({ '@a.yml': keys.map((key) => `"${key}": x\n`).join('') }))

    expect(Object.keys(parse(text!))).toEqual([
      ...['1.9', '1.10', 'GO_TAGS', 'GO111MODULE', 'GOTEST', 'Z', 'a', 'a-b', 'a9', 'a9b', 'a9-b', 'a10', 'ab'],
    ])
  })

  it('takes folders below commands, jobs, executors and examples for an order of files only', () => {
    const { text } = pack(
      folder({
        'commands/top.yml': 'steps: [checkout]\n',
        'commands/aws/login.yml': 'steps: [{run: login}]\n',
        'commands/gcp/deep/auth.yml': 'steps: [{run: auth}]\n',
        'workflows/nightly/jobs.yml': 'a: 1\n',
      }),
    )

    expect(parse(text!)).toEqual({
      commands: {
        top: { steps: ['checkout'] },
        login: { steps: [{ run: 'login' }] },
        auth: { steps: [{ run: 'auth' }] },
      },
      workflows: { nightly: { jobs: { a: 1 } } },
    })
  })

  it('refuses two elements of one name in such folders, naming both files', () => {
    const { diagnostics } = pack(folder({ 'commands/aws/login.yml': 'a: 1\n', 'commands/gcp/login.yml': 'a: 2\n' }))

    expect(diagnostics).toMatchObject([
      { code: 'duplicate-name', message: "commands/aws/login.yml and commands/gcp/login.yml both define 'login'" },
    ])
  })

  it('resolves anchors of other files, earlier or later, and tells the nearest for one that is nowhere', () => {
    const files = {
      'anchors/@anchors.yml': 'my-anchor: &my-anchor my-value\n',
      'z/@z.yml': 'list: &list [a, *my-anchor]\n',
    }

    const { text } = pack(folder({ ...files, 'commands/c.yml': 'description: *my-anchor\nsteps: *list\n' }))
    const { diagnostics } = pack(folder({ ...files, 'commands/c.yml': 'description: *my-anchr\n' }))

    expect(parse(text!).commands.c).toEqual({ description: 'my-value', steps: ['a', 'my-value'] })
    expect(diagnostics).toMatchObject([
      {
        message: "unknown anchor 'my-anchr' referenced",
        hint: "Did you mean 'my-anchor'?",
        span: { file: 'commands/c.yml' },
      },
    ])
  })

  it('tells every file that cannot be read, with its place', () => {
    const { text, diagnostics } = pack(folder({ 'a.yml': 'x: [1\n', 'b/c.yml': '- 1\n', 'd.yml': 'x: 1\n' }))

    expect(text).toBeUndefined()
    expect(new Set(diagnostics.map(({ span }) => span.file))).toEqual(new Set(['a.yml', 'b/c.yml']))
  })
})

describe('an include', () => {
  const files = new Map([['scripts/say.sh', 'cat << EOF\necho\n']])
  const include = (path: string) => files.get(path)
  const orb = (value: string) => folder({ 'commands/say.yml': `steps: [{run: {command: "${value}"}}]\n` })

  it.each(['<<include(scripts/say.sh)>>', '<< include(scripts/say.sh) >>'])(
    '%s becomes the text of the file',
    (value) => {
      const { text } = pack(orb(value), { include })

      expect(parse(text ?? '').commands.say.steps[0].run.command).toBe('cat \\<< EOF\necho\n')
    },
  )

  it('may lack its closing parenthesis', () => {
    const { text } = pack(orb('<<include(scripts/say.sh>>'), { include })

    expect(parse(text ?? '').commands.say.steps[0].run.command).toBe('cat \\<< EOF\necho\n')
  })

  it.each([
    ['echo <<include(scripts/say.sh)>>', 'An include stands among other text; it must be the whole value'],
    ['<<include(scripts/say.sh)>> && exit', 'An include stands among other text; it must be the whole value'],
    ['<<include(scripts/say.sh)>>\\n', 'An include stands among other text; it must be the whole value'],
    [
      '<<include(scripts/say.sh)>> <<include(scripts/say.sh)>>',
      'One value includes 2 files; it may include one, and hold nothing else',
    ],
  ])('must be the whole value, as the official program has it: %s', (value, message) => {
    const { text, diagnostics } = pack(orb(value), { include })

    expect(text).toBeUndefined()
    expect(diagnostics).toMatchObject([{ message, hint: expect.stringContaining('as the whole value') }])
  })

  it('is shown, not resolved, outside of commands, jobs, executors and examples', () => {
    const { text } = pack(folder({ '@orb.yml': 'description: << include(scripts/say.sh) >>\n' }), { include })

    expect(text).toBe('description: << include(scripts/say.sh) >>\n')
  })

  it.each([
    ['<<include(scripts/none.sh)>>', 'no file scripts/none.sh'],
    ['<<include(scripts/a b.sh)>>', 'An include here cannot be read'],
  ])('%s is refused', (value, message) => {
    expect(pack(orb(value), { include }).diagnostics.map((problem) => problem.message)).toEqual([
      expect.stringContaining(message),
    ])
  })

  it('stays as it is in a config', () => {
    expect(pack(orb('<<include(a)>>')).text).toContain('<<include(a)>>')
  })
})

const packed = [
  ['hugo-pack', '.circleci'],
  ['nested-orbs-and-local-commands-etc', 'test'],
  ['test-with-large-nested-rails-orb', 'test'],
] as const

describe.runIf(referenceFiles('cases/cli/v0/cmd').length > 0)('official test data', () => {
  it.each(packed)('%s is packed as the official program packs it', (name, below) => {
    const root = `cases/cli/v0/cmd/${name}/${below}`
    const files = new Map(referenceFiles(root).map((path) => [path, readReference(`${root}/${path}`)]))

    const { text, diagnostics } = pack(files)

    expect(diagnostics).toEqual([])
    expect(parse(text ?? '')).toEqual(parse(readReference(`cases/cli/v0/cmd/${name}/result.yml`)))
  })
})
