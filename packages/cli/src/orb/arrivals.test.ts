import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildHousehold,
  startServerForTwo,
  startTestEngine,
  startTestWeb,
  startUpstreamRegistry,
  type UpstreamRegistry,
} from '@rondo/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { configWith, says, useCommandLine } from '../testing/command-line.ts'

const at = useCommandLine(startServerForTwo)

describe('importing [L-461]', () => {
  test('a folder fills an installation: in whatever order, again without harm, and what cannot be imported is named', async () => {
    at.write({
      [`orbs/${at.namespace}/a-outer@1.0.0.yml`]: says('outer', `orbs: { inner: ${at.namespace}/inner@1 }\n`),
      [`orbs/${at.namespace}/inner/1.2.0.yml`]: says('inner'),
      [`orbs/${at.namespace}/wrong@1.0.0.yml`]: 'version: 2.1\ncommands: [\n',
      // It was published where it comes from, so that its mistake is for who uses it.
      [`orbs/${at.namespace}/odd@1.0.0.yml`]: 'version: 2.1\ncommands: { a: { steps: [b] } }\n',
      'orbs/notes.yml': 'x: 1\n',
    })

    for (const outcome of ['imported', 'here already']) {
      const ended = await at.run('orb import @orbs')
      expect(ended.code).toBe(1)
      const arrived = ['a-outer@1.0.0', 'inner@1.2.0', 'odd@1.0.0']
      expect(ended.out).toBe(arrived.map((orb) => `${at.namespace}/${orb} is ${outcome}.\n`).join(''))
      expect(ended.err).toContain(`${at.namespace}/wrong@1.0.0 was refused: `)
      expect(ended.err).toContain('notes.yml names no version of an orb')
    }
    // What is refused leaves nothing behind.
    expect((await at.run(`orb list ${at.namespace}`)).out).not.toContain('wrong')
    const versions = await at.server.engine.database.store.orbs.orb(`${at.namespace}/a-outer`)
    expect(await at.server.engine.database.store.orbs.importsOf(versions!.id, '1.0.0')).toMatchObject([
      { reference: `${at.namespace}/inner@1`, resolved: `${at.namespace}/inner@1.2.0` },
    ])
  })

  test('what an imported orb imports stays as it was, for configs that are compiled elsewhere too', async () => {
    at.write({
      'old.yml': says('old'),
      'new.yml': says('new'),
      'outer.yml': `version: 2.1\norbs: { inner: ${at.namespace}/inner@1 }\ncommands: { say: { steps: [inner/say] } }\n`,
      'config.yml': configWith(`${at.namespace}/outer@1`),
    })
    await at.run(`orb import @old.yml --as ${at.namespace}/inner@1.0.0`)
    await at.run(`orb import @outer.yml --as ${at.namespace}/outer@1.0.0`)
    await at.run(`orb import @new.yml --as ${at.namespace}/inner@1.1.0`)

    expect((await at.run('config process @config.yml')).out).toContain('echo old')
  })

  test('a folder may hold links, as mounted settings do; what cannot be read is named, and the rest comes', async () => {
    const space = join(at.folder, 'orbs', at.namespace)
    at.write({ 'kept/tool.yml': says('x'), [`orbs/${at.namespace}/last@1.0.0.yml`]: says('x') })
    symlinkSync('../../kept/tool.yml', join(space, 'linked@1.0.0.yml'))
    symlinkSync('/nowhere', join(space, 'dangling@1.0.0.yml'))
    writeFileSync(join(space, 'binary@1.0.0.yml'), Buffer.from([0xff, 0xfe]))

    const ended = await at.run('orb import @orbs --json')

    const name = (orb: string) => `${at.namespace}/${orb}@1.0.0`
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.out)).toMatchObject({
      imported: [name('last'), name('linked')],
      refused: [
        { orb: name('binary'), message: expect.stringContaining('cannot be read: it is not text in UTF-8') },
        { orb: name('dangling'), message: expect.stringContaining('cannot be read: there is no such file') },
      ],
    })
  })

  test('another content under a version that is there is refused', async () => {
    at.write({ 'one.yml': says('one'), 'two.yml': says('two') })

    expect(await at.run(`orb import @one.yml --as ${at.namespace}/tool@1.0.0`)).toMatchObject({ code: 0 })
    expect(await at.run(`orb import @two.yml --as ${at.namespace}/tool@1.0.0`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is here already with another content'),
    })
  })

  test('only administrators may', async () => {
    at.write({ 'one.yml': says('one') })

    expect(await at.run(`orb import @one.yml --as ${at.namespace}/tool@1.0.0`, at.server.member)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Only administrators of this installation'),
    })
  })
})

describe('mirroring', () => {
  let upstream: UpstreamRegistry
  const mirror = (what: string) => at.run(`orb mirror ${what} --from ${upstream.url}`)

  beforeEach(async () => {
    upstream = await startUpstreamRegistry({
      [`${at.namespace}/outer@1.0.0`]: says('old', `orbs: { inner: ${at.namespace}in/inner@1 }\n`),
      [`${at.namespace}/outer@1.1.0`]: says('new', `orbs: { inner: ${at.namespace}in/inner@1 }\n`),
      [`${at.namespace}/second@3.0.0`]: says('second'),
      [`${at.namespace}in/inner@1.5.0`]: says('inner', `orbs: { deep: ${at.namespace}in/deep@2.0 }\n`),
      [`${at.namespace}in/deep@2.0.7`]: says('deep'),
    })
    return () => upstream.stop()
  })

  test('an orb comes with every orb it imports, and pipelines find them all', async () => {
    at.write({ 'config.yml': configWith(`${at.namespace}/outer@1`) })

    const ended = await mirror(`${at.namespace}/outer@1.0`)

    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out.trim().split('\n').sort()).toEqual(
      [`${at.namespace}/outer@1.0.0`, `${at.namespace}in/deep@2.0.7`, `${at.namespace}in/inner@1.5.0`].map(
        (name) => `${name} is imported.`,
      ),
    )
    expect((await at.run('config process @config.yml')).out).toContain('echo old')
    expect(upstream.complaints).toEqual([])
  })

  test('an orb keeps the versions that its imports were when it was published there', async () => {
    const [outer, inner] = [`${at.namespace}/outer`, `${at.namespace}in/inner`]
    const imports = `version: 2.1\norbs: { inner: ${inner}@1 }\ncommands: { say: { steps: [inner/say] } }\n`
    const dated = await startUpstreamRegistry(
      { [`${outer}@1.0.0`]: imports, [`${inner}@1.0.0`]: says('old'), [`${inner}@1.1.0`]: says('new') },
      {
        [`${inner}@1.0.0`]: '2024-01-01T00:00:00Z',
        [`${outer}@1.0.0`]: '2024-02-01T00:00:00.5Z',
        [`${inner}@1.1.0`]: '2024-03-01T00:00:00Z',
      },
    )
    at.write({ 'config.yml': configWith(`${outer}@1`) })
    try {
      // The newer one is here too, and must not be taken for it.
      await at.run(`orb mirror ${inner} --from ${dated.url}`)
      const ended = await at.run(`orb mirror ${outer} --from ${dated.url}`)

      expect(ended).toMatchObject({
        code: 0,
        out: `${inner}@1.0.0 is imported.\n${outer}@1.0.0 is imported.\n`,
        err: '',
      })
      expect((await at.run('config process @config.yml')).out).toContain('echo old')
      expect(dated.complaints).toEqual([])
    } finally {
      await dated.stop()
    }
  })

  test('a namespace comes with the newest release of each orb, or with all of them', async () => {
    const newest = await mirror(at.namespace)
    const all = await mirror(`${at.namespace} --all`)

    expect(newest.out).toContain(`${at.namespace}/outer@1.1.0`)
    expect(newest.out).toContain(`${at.namespace}/second@3.0.0`)
    expect(newest.out).not.toContain(`${at.namespace}/outer@1.0.0`)
    expect(all.out).toContain(`${at.namespace}/outer@1.0.0`)
    expect(upstream.complaints).toEqual([])
  })

  test('what was cut off goes on where it was, and what is here is not fetched again', async () => {
    const [inner, outer] = [`${at.namespace}in/inner@1.5.0`, `${at.namespace}/outer@1.1.0`]
    upstream.refusing.add(`${at.namespace}/outer@1.0.0`)

    const cut = await mirror(`${at.namespace} --all`)
    upstream.refusing.clear()
    const before = upstream.asked.length
    const on = await mirror(`${at.namespace} --all`)
    const asked = upstream.asked.slice(before)
    const again = await mirror(`${at.namespace} --all --json`)

    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining('refuses: The registry is not well.') })
    expect(cut.out).toContain(`${outer} is imported.\n`)
    expect(on).toMatchObject({ code: 0, err: '' })
    expect(on.out).toContain(`${outer} is here already.\n`)
    expect(on.out).toContain(`${inner} is here already.\n${at.namespace}/outer@1.0.0 is imported.\n`)
    expect(asked).not.toContain(outer)
    expect(JSON.parse(again.out)).toEqual({
      imported: [],
      unchanged: [outer, `${at.namespace}/outer@1.0.0`, `${at.namespace}/second@3.0.0`],
      refused: [],
      ignored: [],
      missing: [],
    })
  })

  test('another Rondo is copied from as well, and looked through for what is newer', async () => {
    const [otherEngine, outer] = [await startTestEngine(), `${at.namespace}/outer`]
    const other = await startTestWeb(otherEngine)
    try {
      const there = await other.listen()
      const { user } = await buildHousehold(otherEngine.database.store, { admin: true })
      const token = await other.token(user)
      at.write({
        'inner.yml': says('inner'),
        'outer.yml': says('outer', `orbs: { inner: ${at.namespace}in/inner@1 }\n`),
        'newer.yml': says('newer'),
      })
      const fill = (file: string, as: string) =>
        at.run(`orb import @${file} --as ${as} --host ${there} --token ${token}`)
      await fill('inner.yml', `${at.namespace}in/inner@1.0.0`)
      await fill('outer.yml', `${outer}@1.0.0`)
      // Later than what imports it: no part of it there, and none here.
      await fill('newer.yml', `${at.namespace}in/inner@1.1.0`)

      const first = await at.run(`orb mirror ${outer} --from ${there}`)
      await fill('newer.yml', `${outer}@1.1.0`)
      const update = await at.run(`orb mirror --update --from ${there}`)

      expect(first).toMatchObject({
        code: 0,
        out: `${at.namespace}in/inner@1.0.0 is imported.\n${outer}@1.0.0 is imported.\n`,
      })
      expect(update.out).toContain(`${outer}@1.1.0 is imported.\n`)
      expect(update.out).toContain(`${at.namespace}in/inner@1.1.0 is imported.\n`)
      expect((await at.run(`orb info ${outer}`)).out).toMatch(/1\.1\.0 .*\n {2}1\.0\.0 /)
    } finally {
      await other.stop()
      await otherEngine.stop()
    }
  })

  test('what the other registry lacks is named, and the rest comes', async () => {
    const ended = await mirror(`${at.namespace}/none ${at.namespace}/second`)

    expect(ended).toMatchObject({ code: 1, out: `${at.namespace}/second@3.0.0 is imported.\n` })
    expect(ended.err).toContain(`${at.namespace}/none@volatile is not at 127.0.0.1`)
  })
})
