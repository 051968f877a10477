import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rondo, startServerForTwo } from '@rondo/testkit'
import { describe, expect, test } from 'vitest'
import { configWith, says, useCommandLine } from '../testing/command-line.ts'
import { orbVerbs } from './verbs.ts'

const program = fileURLToPath(new URL('../main.ts', import.meta.url))
const at = useCommandLine(startServerForTwo)

describe('an orb of one’s own', () => {
  test('is packed, checked, made, published, promoted, listed, read and compared', async () => {
    at.write({
      'src/@orb.yml': 'version: 2.1\ndescription: Says things\n',
      'src/commands/say.yml': 'steps:\n  - run: { command: <<include(scripts/say.sh)>> }\n',
      'src/scripts/say.sh': 'echo hello\n',
      'config.yml': configWith(`${at.namespace}/tool@1`),
    })
    const orb = `${at.namespace}/tool`

    const packed = await at.run('orb pack @src')
    expect(packed).toMatchObject({ code: 0, err: '' })
    at.write({ 'orb.yml': packed.out, 'other.yml': says('other') })
    expect(await at.run('orb validate @orb.yml')).toMatchObject({
      code: 0,
      out: `Orb at ${at.folder}/orb.yml is valid.\n`,
    })

    expect(await at.run(`orb create ${orb}`, at.server.member)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no namespace ${at.namespace}. Say with --org`),
    })
    expect(await at.run(`orb create ${orb} --org ${at.server.member.organization}`, at.server.member)).toMatchObject({
      code: 0,
    })
    expect(await at.run(`orb publish @src ${orb}@dev:first`, at.server.member)).toMatchObject({
      code: 0,
      out: `${orb}@dev:first is published.\n`,
    })
    expect(await at.run(`orb publish --promote dev:first ${orb}@1.0.0`, at.server.member)).toMatchObject({ code: 0 })
    expect(await at.run(`orb publish @other.yml ${orb}@patch --json`, at.server.member)).toMatchObject({
      code: 0,
      out: expect.stringContaining('"version": "1.0.1"'),
    })

    expect((await at.run(`orb list ${at.namespace}`)).out).toBe(`${orb}@1.0.1\n`)
    expect(await at.run(`orb source ${orb}@1.0.0`)).toMatchObject({ code: 0, out: packed.out })
    expect(await at.run(`orb diff ${orb}@1.0.0 @orb.yml`)).toMatchObject({ code: 0, out: '' })
    const diff = await at.run(`orb diff ${orb}@1.0.0 ${orb}@1.0.1`)
    expect(diff.code).toBe(1)
    expect(diff.out).toContain(`--- ${orb}@1.0.0\n+++ ${orb}@1.0.1\n`)
    expect(diff.out).toContain('+      - run: echo other')
    expect((await at.run('config process @config.yml')).out).toContain(`resolved to '${orb}@1.0.1'`)
  })

  test('is described, taken out of lists, put into categories, and vouched for', async () => {
    const orb = `${at.namespace}/tool`
    at.write({
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
    await at.run(`orb create ${orb} --org ${at.server.member.organization}`, at.server.member)
    expect(await at.run(`orb info ${orb}`)).toMatchObject({ code: 0, out: expect.stringContaining('none yet') })
    await at.run(`orb publish @orb.yml ${orb}@1.0.0`, at.server.member)
    await at.run(`orb publish @orb.yml ${orb}@dev:next`, at.server.member)

    expect((await at.run(`orb edit ${orb} --unlist --add-category testing`, at.server.member)).out).toBe(
      `${orb} is unlisted, in Testing.\n`,
    )
    expect((await at.run(`orb list ${at.namespace}`)).out).toBe('')
    expect(
      (await at.run(`orb edit ${orb} --list --remove-category Testing --add-category Build --json`, at.server.member))
        .out,
    ).toBe(`${JSON.stringify({ orb, listed: true, categories: ['Build'] }, null, 2)}\n`)
    expect(await at.run(`orb edit ${orb} --add-category Cooking`, at.server.member)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is no category "Cooking". There are .*Build, .*Workflow/),
    })
    expect(await at.run(`orb certify ${at.namespace}`, at.server.member)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Only administrators of this installation'),
    })
    expect((await at.run(`orb certify ${at.namespace}`)).out).toBe(`The orbs of ${at.namespace} are certified.\n`)

    const { out } = await at.run(`orb info ${orb}`)
    for (const words of [
      `${orb}  public, certified\ncategories: Build\n`,
      /versions:\n {2}1\.0\.0 .*\n {2}dev:next .*, expires \d{4}-/,
      `  command say: Says something\n    what (string, required)\n    loud (boolean, default false)\n`,
      `example simple: Says hi\n  version: 2.1\n`,
    ])
      expect(out).toMatch(words)
    expect(JSON.parse((await at.run(`orb info ${orb}@dev:next --json`)).out)).toMatchObject({
      shown: 'dev:next',
      elements: [{ kind: 'command', name: 'say', parameters: [{ name: 'what', required: true }, { default: false }] }],
      examples: [{ name: 'simple' }],
    })
    expect(await at.run(`orb source ${orb}@7`)).toMatchObject({
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
    ['orb publish @orb.yml a/b@1.0', 2, '"1.0" is no version to publish. Write 1.2.3'],
    ['orb import @none', 2, 'There is no file or folder'],
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
    ['orb validate @orb.yml @orb.yml', 2, 'orb.yml" is too much for one call.\nusage: rondo orb validate FILE|FOLDER'],
    ['orb list a b', 2, '"b" is too much for one call'],
    ['orb import @empty', 1, 'There is no orb in '],
    ['orb validate @latin.yml', 2, 'latin.yml cannot be read: it is not text in UTF-8'],
    ['orb validate /dev/zero', 2, '/dev/zero cannot be read: it is larger than 16 MiB'],
    ['orb', 2, '`rondo orb` needs one of: pack, validate,'],
    ['orb list --host http://127.0.0.1:1', 1, 'No server answers at http://127.0.0.1:1/graphql-unstable'],
    ['orb list --host nonsense', 2, '"nonsense" is no address'],
  ])('%s ends with %i, in words', async (args, code, words) => {
    at.write({ 'orb.yml': says('x'), 'empty/notes.txt': '' })
    writeFileSync(join(at.folder, 'latin.yml'), Buffer.from([0xe4]))

    expect(await at.run(args)).toMatchObject({ code, out: '', err: expect.stringContaining(words) })
  })

  test('a folder that cannot be packed is told with every file that is wrong, to programs too', async () => {
    at.write({
      'src/@orb.yml': 'version: 2.1\n',
      'src/commands/a.yml': 'steps: [{ run: <<include(none.sh)>> }]\n',
      'src/commands/b.yml': 'steps: [\n',
    })

    for (const verb of ['pack', 'validate']) {
      const people = await at.run(`orb ${verb} @src`)
      const programs = await at.run(`orb ${verb} @src --json`)

      expect(people).toMatchObject({ code: 1, out: '' })
      expect(people.err).toContain(`${at.folder}/src/commands/a.yml:1:16: error: There is no file none.sh to include`)
      expect(people.err).toContain(`${at.folder}/src/commands/b.yml:`)
      expect(programs).toMatchObject({ code: 1, err: '' })
      expect(JSON.parse(programs.out).problems).toContainEqual(
        expect.objectContaining({
          code: 'invalid-value',
          file: `${at.folder}/src/commands/a.yml`,
          line: 1,
          column: 16,
        }),
      )
    }
  })

  test('nothing changes when one of the categories is none', async () => {
    const orb = `${at.namespace}/tool`
    await at.run(`orb create ${orb} --org ${at.server.member.organization}`, at.server.member)

    const refused = await at.run(
      `orb edit ${orb} --unlist --add-category Build --add-category Cooking`,
      at.server.member,
    )

    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('There is no category "Cooking"') })
    expect(JSON.parse((await at.run(`orb info ${orb} --json`)).out)).toMatchObject({ isListed: true, categories: [] })
  })

  test('a wrong orb is refused before and by the server, with every mistake', async () => {
    at.write({ 'orb.yml': 'version: 2.1\ncommands: { a: { steps: [b] }, c: { steps: [d] } }\n' })
    await at.run(`orb create ${at.namespace}/tool --org ${at.server.member.organization}`, at.server.member)

    const checked = await at.run('orb validate @orb.yml --json')
    expect(checked.code).toBe(1)
    expect(JSON.parse(checked.out)).toMatchObject({
      valid: false,
      problems: [
        { code: 'unknown-command', file: expect.stringMatching(/orb\.yml$/), line: 2, column: 26 },
        { code: 'unknown-command', line: 2 },
      ],
    })
    const published = await at.run(`orb publish @orb.yml ${at.namespace}/tool@1.0.0`, at.server.member)
    expect(published).toMatchObject({ code: 1, err: expect.stringMatching(/command named b[\s\S]*command named d/) })
  })
})

describe('as a program', () => {
  test('reads the standard input, and says by its exit code how it went', async () => {
    const ended = await rondo(['orb', 'validate', '-'], { cwd: at.folder, stdin: says('x') })
    const wrong = await rondo(['orb', 'validate', '-', '--json'], { cwd: at.folder, stdin: 'version: 2.1\njobs: 1\n' })

    expect(ended).toMatchObject({ code: 0, out: 'Orb at - is valid.\n', err: '' })
    expect(wrong).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(wrong.out)).toMatchObject({ valid: false, problems: [{ file: '-' }] })
  })

  test('ends without a word when its reader has gone, and in words when its output goes nowhere', async () => {
    const jobs = Array.from(
      { length: 2_000 },
      (_, n) => `  j${n}: { docker: [{ image: a }], steps: [run: echo ${'x'.repeat(60)}] }\n`,
    )
    const names = jobs.map((_, n) => `j${n}`)
    at.write({
      'large.yml': `version: 2.1\njobs:\n${jobs.join('')}workflows: { w: { jobs: [${names.join(', ')}] } }\n`,
    })
    const shell = (after: string) =>
      spawnSync('sh', ['-c', `"$0" "$1" config process large.yml ${after}`, process.execPath, program], {
        cwd: at.folder,
        encoding: 'utf8',
      })

    expect(shell('| head -n 1')).toMatchObject({ stdout: 'version: 2\n', stderr: '' })
    expect(shell('>/dev/full')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^rondo: the output cannot be written: .*no space left/),
    })
  })

  test('explains every verb with its flags', async () => {
    const help = await rondo(['help', 'orb'], { cwd: at.folder })

    for (const { usage, flags } of orbVerbs)
      for (const words of [usage, ...Object.keys(flags).map((flag) => `--${flag}`)]) expect(help.out).toContain(words)
  })
})
