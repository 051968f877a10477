import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collect, type GitWorld, shop, startGitWorld, zeros } from './testing/git-world.ts'

let world: GitWorld

beforeEach(async () => {
  world = await startGitWorld()
})

afterEach(() => world.stop())

describe('fetching', () => {
  test.each(['0', '1', '2'])(
    'a clone by protocol version %s has everything, and a fetch what came later',
    async (version) => {
      const first = await world.commit({ 'a.txt': '1', 'deep/b.txt': '2' }, 'one')
      await world.git('push', 'origin', 'main')
      const clone = join(world.folder, 'clone')
      await world.git('-c', `protocol.version=${version}`, 'clone', '-q', world.url, clone)
      const second = await world.commit({ 'a.txt': '3' }, 'two')
      await world.git('push', 'origin', 'main')
      await world.git('-C', clone, '-c', `protocol.version=${version}`, 'fetch', '-q')

      expect((await world.git('-C', clone, 'rev-parse', 'HEAD', 'origin/main')).out.trim().split('\n')).toEqual([
        first,
        second,
      ])
      expect(readFileSync(join(clone, 'deep/b.txt'), 'utf8')).toBe('2')
    },
  )

  test('shallow and partial clones, and single commits by their id', async () => {
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    await world.commit({ 'a.txt': '2' }, 'two')
    await world.git('push', 'origin', 'main')

    await world.git('clone', '-q', '--depth=1', world.url, join(world.folder, 'shallow'))
    await world.git('clone', '-q', '--filter=blob:none', '--no-checkout', world.url, join(world.folder, 'partial'))
    await world.git('init', '-q', join(world.folder, 'single'))
    await world.git('-C', join(world.folder, 'single'), 'fetch', '-q', '--depth=1', world.url, first)

    expect((await world.git('-C', join(world.folder, 'shallow'), 'rev-list', '--count', 'HEAD')).out.trim()).toBe('1')
    expect(
      (await world.git('-C', join(world.folder, 'partial'), 'rev-list', '--objects', '--missing=print', 'HEAD')).out,
    ).toContain('?')
    expect((await world.git('-C', join(world.folder, 'single'), 'rev-parse', 'FETCH_HEAD')).out.trim()).toBe(first)
  })

  test('an empty repository can be cloned', async () => {
    const cloned = await world.git('clone', world.url, join(world.folder, 'empty'))

    expect(cloned.printed).toContain('empty repository')
  })

  test('a repository that is not there is not found', async () => {
    const nothing = { organization: 'acme', name: 'nothing' }

    await expect(collect(world.hosting.advertise(nothing, 'git-upload-pack', undefined))).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(world.hosting.branches(nothing)).rejects.toMatchObject({ code: 'not-found' })
    expect(await world.hosting.exists(nothing)).toBe(false)
    expect(await world.hosting.resolve(nothing, { branch: 'main' })).toBeUndefined()
    expect(await world.hosting.readFile(nothing, zeros, 'a', 10)).toBeUndefined()
  })
})

describe('reading', () => {
  test('a branch, a tag and a revision resolve to a commit with its author and message', async () => {
    const revision = await world.commit(
      { 'a.txt': '1' },
      'Make it  work\nat last\n\nFirst reason.\n\nSecond reason: ünïcode.',
    )
    await world.git('tag', 'light')
    await world.git('push', 'origin', 'main', 'light')
    const expected = {
      revision,
      authorName: 'Dev Eloper',
      authorEmail: 'dev@example.com',
      subject: 'Make it  work at last',
      body: 'First reason.\n\nSecond reason: ünïcode.',
    }

    expect(await world.hosting.resolve(shop, { branch: 'main' })).toEqual({ ...expected, branch: 'main', tag: null })
    expect(await world.hosting.resolve(shop, { tag: 'light' })).toEqual({ ...expected, branch: null, tag: 'light' })
    expect(await world.hosting.resolve(shop, { revision, branch: 'main' })).toEqual({
      ...expected,
      branch: 'main',
      tag: null,
    })
    expect(await world.hosting.resolve(shop, { revision: 'a'.repeat(40) })).toBeUndefined()
    expect(await world.hosting.resolve(shop, {})).toBeUndefined()
  })

  test('a message in another encoding is read in it', async () => {
    writeFileSync(join(world.work, 'message'), Buffer.from('Gr\xfc\xdfe', 'latin1'))
    await world.git('-c', 'i18n.commitEncoding=ISO-8859-1', 'commit', '-q', '--allow-empty', '-F', 'message')
    await world.git('push', 'origin', 'main')

    expect((await world.hosting.resolve(shop, { branch: 'main' }))?.subject).toBe('Grüße')
  })

  test('files are read whole at their revision, and refused past the limit', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0])
    const old = await world.commit({ '.circleci/config.yml': 'version: 2.1\n', 'bin dir/raw': bytes }, 'one')
    await world.commit({ '.circleci/config.yml': 'version: 2.1 # newer\n' }, 'two')
    await world.git('push', 'origin', 'main')

    expect((await world.hosting.readFile(shop, old, '.circleci/config.yml', 100))?.toString()).toBe('version: 2.1\n')
    expect(await world.hosting.readFile(shop, old, 'bin dir/raw', 5)).toEqual(bytes)
    for (const path of ['missing', '.circleci', '', '/etc/passwd', '../x', './x', '..', 'a\nb', 'x'.repeat(5000)]) {
      expect(await world.hosting.readFile(shop, old, path, 100)).toBeUndefined()
    }
    await expect(world.hosting.readFile(shop, old, '.circleci/config.yml', 12)).rejects.toMatchObject({
      code: 'too-large',
    })
    await expect(world.hosting.readFile(shop, 'main', 'a', 12)).rejects.toMatchObject({ code: 'bad-request' })
  })

  test('many reads at once are each answered, also beside one that is too large, and what is pushed meanwhile is seen', async () => {
    const large = 'x'.repeat(300_000)
    const old = await world.commit({ small: 'old', large }, 'one')
    await world.git('push', 'origin', 'main')
    const reads = Array.from({ length: 40 }, (_, index) => {
      const name = ['small', 'large', 'missing'][index % 3]!
      return world.hosting.readFile(shop, old, name, index === 1 ? 10 : 1_000_000).catch((error) => error.code)
    })
    const before = await world.hosting.resolve(shop, { branch: 'main' })
    const fresh = await world.commit({ small: 'new' }, 'two')
    await world.git('push', 'origin', 'main')

    const answers = (await Promise.all(reads)).map((answer) => answer?.toString())
    const after = await world.hosting.resolve(shop, { branch: 'main' })

    expect(answers).toEqual(
      answers.map((_, index) => (index === 1 ? 'too-large' : ['old', large, undefined][index % 3])),
    )
    expect([before?.revision, after?.revision]).toEqual([old, fresh])
    expect((await world.hosting.readFile(shop, fresh, 'small', 10))?.toString()).toBe('new')
  })

  test('an expression of git is no branch and no tag', async () => {
    const expressions = ['main~1', 'main^', 'main@{0}', 'main:a.txt', '@{-1}', 'HEAD:', 'main^{tree}', ':/one', 'ma*']
    const names = [
      '..',
      'a..b',
      '-main',
      '--all',
      '/main',
      'main/',
      'ma in',
      'main.lock',
      '.main',
      'x\u0000y',
      'x\ny',
      '',
    ]
    await world.commit({ 'a.txt': '1' }, 'one')
    await world.commit({ 'a.txt': '2' }, 'two')
    await world.git('push', 'origin', 'main', 'main:refs/tags/main')

    for (const name of [...expressions, ...names]) {
      expect(await world.hosting.resolve(shop, { branch: name })).toBeUndefined()
      expect(await world.hosting.resolve(shop, { tag: name })).toBeUndefined()
    }
    expect(await world.hosting.resolve(shop, { branch: 'main' })).toBeDefined()
  })
})

describe('names', () => {
  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '-x',
    '--upload-pack=x',
    '.hidden',
    'x.git',
    'x.GIT',
    'x.lock',
    'x.',
    'a b',
    'a\u0000',
    'ä',
    'a'.repeat(101),
  ])('%j names nothing', async (name) => {
    await expect(world.hosting.create({ organization: 'acme', name })).rejects.toMatchObject({ code: 'bad-request' })
    await expect(world.hosting.create({ organization: name, name: 'x' })).rejects.toMatchObject({ code: 'bad-request' })
    expect(readdirSync(join(world.folder, 'repositories', 'acme'))).toEqual(['shop.git'])
  })

  test('making a repository twice, and at the same time, makes one', async () => {
    const other = { organization: 'acme', name: 'other_1.2-x' }

    await Promise.all([world.hosting.create(other), world.hosting.create(other), world.hosting.create(other)])
    await world.hosting.create(other)

    expect(await world.hosting.exists(other)).toBe(true)
    expect(readdirSync(join(world.folder, 'repositories', 'acme')).toSorted()).toEqual(['other_1.2-x.git', 'shop.git'])
    expect(readdirSync(join(world.folder, 'repositories', '.unfinished'))).toEqual([])
  })
})
