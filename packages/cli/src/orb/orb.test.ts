import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  buildHousehold,
  rondo,
  startTestEngine,
  startTestWeb,
  startUpstreamRegistry,
  type TestEngine,
  type TestWeb,
  type UpstreamRegistry,
} from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { configVerbs } from '../config/verbs.ts'
import { runVerb } from '../noun.ts'
import { orbVerbs } from './verbs.ts'

let engine: TestEngine
let web: TestWeb
let url: string
let admin: { readonly token: string; readonly organization: string }
let member: { readonly token: string; readonly organization: string }
let folder: string
let counter = 0
/** Nobody else's in this file. */
let namespace: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  url = await web.listen()
  const [first, second] = await Promise.all(
    [true, false].map(async (isAdmin) => {
      const home = await buildHousehold(engine.database.store, { admin: isAdmin })
      return { token: await web.token(home.user), organization: home.organization.name }
    }),
  )
  admin = first!
  member = second!
})
afterAll(async () => {
  await web.stop()
  await engine.stop()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-orb-'))
  namespace = `team${++counter}`
  return () => rmSync(folder, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** A command in this process: `@` before a path means the test's folder. What starts a program of its own takes long. */
async function run(args: string, options: { token?: string } = {}) {
  const [noun = '', ...rest] = args.replaceAll(/(?<= )@/g, `${folder}/`).split(' ')
  const server = /pack|--host|mirror @/.test(args) ? [] : ['--host', url, '--token', options.token ?? admin.token]
  const printed = { out: '', err: '' }
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
      printed[name] += text
      return true
    }),
  )
  try {
    const verbs = noun === 'orb' ? orbVerbs : configVerbs
    const code = await runVerb(noun, verbs, [...rest, ...(rest.length > 0 ? server : [])])
    return { code, ...printed }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

const says = (text: string, imports = '') =>
  `version: 2.1\n${imports}commands:\n  say:\n    steps:\n      - run: echo ${text}\n`
const config = (reference: string) =>
  `version: 2.1\norbs: { tool: "${reference}" }\njobs: { build: { docker: [{ image: a }], steps: [tool/say] } }\n`

describe('an orb of one’s own', () => {
  test('is packed, checked, made, published, promoted, listed, read and compared', async () => {
    write({
      'src/@orb.yml': 'version: 2.1\ndescription: Says things\n',
      'src/commands/say.yml': 'steps:\n  - run: { command: <<include(scripts/say.sh)>> }\n',
      'src/scripts/say.sh': 'echo hello\n',
      'config.yml': config(`${namespace}/tool@1`),
    })
    const orb = `${namespace}/tool`

    const packed = await run('orb pack @src')
    expect(packed).toMatchObject({ code: 0, err: '' })
    write({ 'orb.yml': packed.out, 'other.yml': says('other') })
    expect(await run('orb validate @orb.yml')).toMatchObject({ code: 0, out: `Orb at ${folder}/orb.yml is valid.\n` })

    expect(await run(`orb create ${orb}`, member)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no namespace ${namespace}. Say with --org`),
    })
    expect(await run(`orb create ${orb} --org ${member.organization}`, member)).toMatchObject({ code: 0 })
    expect(await run(`orb publish @src ${orb}@dev:first`, member)).toMatchObject({
      code: 0,
      out: `${orb}@dev:first is published.\n`,
    })
    expect(await run(`orb publish --promote dev:first ${orb}@1.0.0`, member)).toMatchObject({ code: 0 })
    expect(await run(`orb publish @other.yml ${orb}@patch --json`, member)).toMatchObject({
      code: 0,
      out: expect.stringContaining('"version": "1.0.1"'),
    })

    expect((await run(`orb list ${namespace}`)).out).toBe(`${orb}@1.0.1\n`)
    expect(await run(`orb source ${orb}@1.0.0`)).toMatchObject({ code: 0, out: packed.out })
    expect(await run(`orb diff ${orb}@1.0.0 @orb.yml`)).toMatchObject({ code: 0, out: '' })
    const diff = await run(`orb diff ${orb}@1.0.0 ${orb}@1.0.1`)
    expect(diff.code).toBe(1)
    expect(diff.out).toContain(`--- ${orb}@1.0.0\n+++ ${orb}@1.0.1\n`)
    expect(diff.out).toContain('+      - run: echo other')
    expect((await run('config process @config.yml')).out).toContain(`resolved to '${orb}@1.0.1'`)
  })

  test('is described, taken out of lists, put into categories, and vouched for', async () => {
    const orb = `${namespace}/tool`
    write({
      'orb.yml': `version: 2.1
description: Says things
commands:
  say:
    description: Says something
    parameters: { what: { type: string }, loud: { type: boolean, default: false } }
    steps: [run: echo << parameters.what >>]
examples:
  simple: { description: Says hi, usage: { version: 2.1, orbs: { tool: ${orb}@1 }, workflows: { main: { jobs: [] } } } }
`,
    })
    await run(`orb create ${orb} --org ${member.organization}`, member)
    expect(await run(`orb info ${orb}`)).toMatchObject({ code: 0, out: expect.stringContaining('none yet') })
    await run(`orb publish @orb.yml ${orb}@1.0.0`, member)
    await run(`orb publish @orb.yml ${orb}@dev:next`, member)

    expect((await run(`orb edit ${orb} --unlist --add-category testing`, member)).out).toBe(
      `${orb} is unlisted, in Testing.\n`,
    )
    expect((await run(`orb list ${namespace}`)).out).toBe('')
    expect(
      (await run(`orb edit ${orb} --list --remove-category Testing --add-category Build --json`, member)).out,
    ).toBe(`${JSON.stringify({ orb, listed: true, categories: ['Build'] }, null, 2)}\n`)
    expect(await run(`orb edit ${orb} --add-category Cooking`, member)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is no category "Cooking". There are .*Build, .*Workflow/),
    })
    expect(await run(`orb certify ${namespace}`, member)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Only administrators of this installation'),
    })
    expect((await run(`orb certify ${namespace}`)).out).toBe(`The orbs of ${namespace} are certified.\n`)

    const { out } = await run(`orb info ${orb}`)
    for (const words of [
      `${orb}  public, certified\ncategories: Build\n`,
      /versions:\n {2}1\.0\.0 .*\n {2}dev:next .*, expires \d{4}-/,
      `  command say: Says something\n    what (string, required)\n    loud (boolean, default false)\n`,
      `example simple: Says hi\n  version: 2.1\n`,
    ])
      expect(out).toMatch(words)
    expect(JSON.parse((await run(`orb info ${orb}@dev:next --json`)).out)).toMatchObject({
      shown: 'dev:next',
      elements: [{ kind: 'command', name: 'say', parameters: [{ name: 'what', required: true }, { default: false }] }],
      examples: [{ name: 'simple' }],
    })
    expect(await run(`orb source ${orb}@7`)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`has no ${orb}@7. It has 1.0.0.`),
    })
  })

  test.each([
    ['orb create nobody/tool --org nobody', 1, 'has no organization nobody that you belong to'],
    ['orb edit a/b', 2, 'Say what shall change'],
    ['orb edit a/b --list --unlist', 2, 'not both'],
    ['orb info nobody/nothing', 1, 'has no orb nobody/nothing. `rondo orb list`'],
    ['orb certify a/b', 2, 'Name one namespace'],
    ['orb certify nobody', 1, 'There is no namespace nobody'],
    ['orb publish @orb.yml', 2, 'Name the source and NAMESPACE/NAME@VERSION'],
    ['orb publish @none.yml a/b@1.0.0', 2, 'none.yml cannot be read'],
    ['orb publish @orb.yml A/b@1.0.0', 2, '"A/b" names no orb'],
    ['orb source a', 2, '"a" names no orb'],
    ['orb source nobody/nothing', 1, 'has no nobody/nothing@volatile'],
    ['orb publish @orb.yml nobody/nothing@1.0.0', 1, 'nobody/nothing was not found'],
    ['orb list nobody', 1, 'has no namespace nobody'],
    ['orb list --private', 2, 'name a namespace'],
    ['orb pack @', 2, 'has no @orb.yml'],
    ['orb mirror a/b', 2, 'Say with --from URL'],
    ['orb mirror a/b --update --from http://127.0.0.1:1', 2, 'or say --update alone'],
    ['orb mirror', 2, 'Name namespaces or orbs to copy'],
    ['orb import', 2, 'Name files or folders'],
    ['orb publish --nonsense', 2, '--nonsense'],
    ['orb', 2, '`rondo orb` needs one of: pack, validate,'],
    ['orb list --host http://127.0.0.1:1', 1, 'No server answers at http://127.0.0.1:1/graphql-unstable'],
    ['orb list --host nonsense', 2, '"nonsense" is no address'],
  ])('%s ends with %i, in words', async (args, code, words) => {
    write({ 'orb.yml': says('x') })

    expect(await run(args)).toMatchObject({ code, out: '', err: expect.stringContaining(words) })
  })

  test('a wrong orb is refused before and by the server, with every mistake', async () => {
    write({ 'orb.yml': 'version: 2.1\ncommands: { a: { steps: [b] }, c: { steps: [d] } }\n' })
    await run(`orb create ${namespace}/tool --org ${member.organization}`, member)

    const checked = await run('orb validate @orb.yml --json')
    expect(checked.code).toBe(1)
    expect(JSON.parse(checked.out)).toMatchObject({
      valid: false,
      problems: [
        { code: 'unknown-command', file: expect.stringMatching(/orb\.yml$/), line: 2, column: 26 },
        { code: 'unknown-command', line: 2 },
      ],
    })
    const published = await run(`orb publish @orb.yml ${namespace}/tool@1.0.0`, member)
    expect(published).toMatchObject({ code: 1, err: expect.stringMatching(/command named b[\s\S]*command named d/) })
  })
})

describe('importing [L-461]', () => {
  test('a folder fills an installation: in whatever order, again without harm, and what cannot be imported is named', async () => {
    write({
      [`orbs/${namespace}/a-outer@1.0.0.yml`]: says('outer', `orbs: { inner: ${namespace}/inner@1 }\n`),
      [`orbs/${namespace}/inner/1.2.0.yml`]: says('inner'),
      [`orbs/${namespace}/wrong@1.0.0.yml`]: 'version: 2.1\ncommands: { a: { steps: [b] } }\n',
      'orbs/notes.yml': 'x: 1\n',
    })

    for (const outcome of ['imported', 'here already']) {
      const ended = await run('orb import @orbs')
      expect(ended.code).toBe(1)
      expect(ended.out).toBe(`${namespace}/a-outer@1.0.0 is ${outcome}.\n${namespace}/inner@1.2.0 is ${outcome}.\n`)
      expect(ended.err).toContain(`${namespace}/wrong@1.0.0 was refused: `)
      expect(ended.err).toContain('notes.yml names no version of an orb')
    }
    const versions = await engine.database.store.orbs.orb(`${namespace}/a-outer`)
    expect(await engine.database.store.orbs.importsOf(versions!.id, '1.0.0')).toMatchObject([
      { reference: `${namespace}/inner@1`, resolved: `${namespace}/inner@1.2.0` },
    ])
  })

  test('what an imported orb imports stays as it was, for configs that are compiled elsewhere too', async () => {
    write({
      'old.yml': says('old'),
      'new.yml': says('new'),
      'outer.yml': `version: 2.1\norbs: { inner: ${namespace}/inner@1 }\ncommands: { say: { steps: [inner/say] } }\n`,
      'config.yml': config(`${namespace}/outer@1`),
    })
    await run(`orb import @old.yml --as ${namespace}/inner@1.0.0`)
    await run(`orb import @outer.yml --as ${namespace}/outer@1.0.0`)
    await run(`orb import @new.yml --as ${namespace}/inner@1.1.0`)

    expect((await run('config process @config.yml')).out).toContain('echo old')
  })

  test('another content under a version that is there is refused', async () => {
    write({ 'one.yml': says('one'), 'two.yml': says('two') })

    expect(await run(`orb import @one.yml --as ${namespace}/tool@1.0.0`)).toMatchObject({ code: 0 })
    expect(await run(`orb import @two.yml --as ${namespace}/tool@1.0.0`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is here already with another content'),
    })
  })

  test('only administrators may', async () => {
    write({ 'one.yml': says('one') })

    expect(await run(`orb import @one.yml --as ${namespace}/tool@1.0.0`, member)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Only administrators of this installation'),
    })
  })
})

describe('mirroring', () => {
  let upstream: UpstreamRegistry
  const mirror = (what: string) => run(`orb mirror ${what} --from ${upstream.url}`)

  beforeEach(async () => {
    upstream = await startUpstreamRegistry({
      [`${namespace}/outer@1.0.0`]: says('old', `orbs: { inner: ${namespace}in/inner@1 }\n`),
      [`${namespace}/outer@1.1.0`]: says('new', `orbs: { inner: ${namespace}in/inner@1 }\n`),
      [`${namespace}/second@3.0.0`]: says('second'),
      [`${namespace}in/inner@1.5.0`]: says('inner', `orbs: { deep: ${namespace}in/deep@2.0 }\n`),
      [`${namespace}in/deep@2.0.7`]: says('deep'),
    })
    return () => upstream.stop()
  })

  test('an orb comes with every orb it imports, and pipelines find them all', async () => {
    write({ 'config.yml': config(`${namespace}/outer@1`) })

    const ended = await mirror(`${namespace}/outer@1.0`)

    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out.trim().split('\n').sort()).toEqual(
      [`${namespace}/outer@1.0.0`, `${namespace}in/deep@2.0.7`, `${namespace}in/inner@1.5.0`].map(
        (name) => `${name} is imported.`,
      ),
    )
    expect((await run('config process @config.yml')).out).toContain('echo old')
    expect(upstream.complaints).toEqual([])
  })

  test('a namespace comes with the newest release of each orb, or with all of them', async () => {
    const newest = await mirror(namespace)
    const all = await mirror(`${namespace} --all`)

    expect(newest.out).toContain(`${namespace}/outer@1.1.0`)
    expect(newest.out).toContain(`${namespace}/second@3.0.0`)
    expect(newest.out).not.toContain(`${namespace}/outer@1.0.0`)
    expect(all.out).toContain(`${namespace}/outer@1.0.0`)
    expect(upstream.complaints).toEqual([])
  })

  test('what was cut off goes on where it was, and what is here is not fetched again', async () => {
    const [inner, outer] = [`${namespace}in/inner@1.5.0`, `${namespace}/outer@1.1.0`]
    upstream.refusing.add(`${namespace}/outer@1.0.0`)

    const cut = await mirror(`${namespace} --all`)
    upstream.refusing.clear()
    const before = upstream.asked.length
    const on = await mirror(`${namespace} --all`)
    const asked = upstream.asked.slice(before)
    const again = await mirror(`${namespace} --all --json`)

    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining('refuses: The registry is not well.') })
    expect(cut.out).toContain(`${outer} is imported.\n`)
    expect(on).toMatchObject({ code: 0, err: '' })
    expect(on.out).toContain(`${outer} is here already.\n`)
    expect(on.out).toContain(`${inner} is here already.\n${namespace}/outer@1.0.0 is imported.\n`)
    expect(asked).not.toContain(outer)
    expect(JSON.parse(again.out)).toEqual({
      imported: [],
      unchanged: [outer, `${namespace}/outer@1.0.0`, `${namespace}/second@3.0.0`],
      refused: [],
      ignored: [],
      missing: [],
    })
  })

  test('another Rondo is copied from as well, and looked through for what is newer', async () => {
    const [otherEngine, outer] = [await startTestEngine(), `${namespace}/outer`]
    const other = await startTestWeb(otherEngine)
    try {
      const there = await other.listen()
      const { user } = await buildHousehold(otherEngine.database.store, { admin: true })
      const token = await other.token(user)
      write({
        'inner.yml': says('inner'),
        'outer.yml': says('outer', `orbs: { inner: ${namespace}in/inner@1 }\n`),
        'newer.yml': says('newer'),
      })
      const fill = (file: string, as: string) => run(`orb import @${file} --as ${as} --host ${there} --token ${token}`)
      await fill('inner.yml', `${namespace}in/inner@1.0.0`)
      await fill('outer.yml', `${outer}@1.0.0`)

      const first = await run(`orb mirror ${outer} --from ${there}`)
      await fill('newer.yml', `${outer}@1.1.0`)
      const update = await run(`orb mirror --update --from ${there}`)

      expect(first).toMatchObject({
        code: 0,
        out: `${namespace}in/inner@1.0.0 is imported.\n${outer}@1.0.0 is imported.\n`,
      })
      expect(update.out).toContain(`${outer}@1.1.0 is imported.\n`)
      expect(update.out).toContain(`${namespace}in/inner@1.0.0 is here already.\n`)
      expect((await run(`orb info ${outer}`)).out).toMatch(/1\.1\.0 .*\n {2}1\.0\.0 /)
    } finally {
      await other.stop()
      await otherEngine.stop()
    }
  })

  test('what the other registry lacks is named, and the rest comes', async () => {
    const ended = await mirror(`${namespace}/none ${namespace}/second`)

    expect(ended).toMatchObject({ code: 1, out: `${namespace}/second@3.0.0 is imported.\n` })
    expect(ended.err).toContain(`${namespace}/none@volatile is not at 127.0.0.1`)
  })
})

describe('as a program', () => {
  test('reads the standard input, and says by its exit code how it went', async () => {
    const ended = await rondo(['orb', 'validate', '-'], { cwd: folder, stdin: says('x') })
    const wrong = await rondo(['orb', 'validate', '-', '--json'], { cwd: folder, stdin: 'version: 2.1\njobs: 1\n' })

    expect(ended).toMatchObject({ code: 0, out: 'Orb at - is valid.\n', err: '' })
    expect(wrong).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(wrong.out)).toMatchObject({ valid: false, problems: [{ file: '-' }] })
  })

  test('explains every verb with its flags', async () => {
    const help = await rondo(['help', 'orb'], { cwd: folder })

    for (const { usage, flags } of orbVerbs)
      for (const words of [usage, ...Object.keys(flags).map((flag) => `--${flag}`)]) expect(help.out).toContain(words)
  })
})
