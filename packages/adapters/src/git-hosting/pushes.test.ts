import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type PushedRef } from '@rondo/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { byRef, collect, following, type GitWorld, shop, startGitWorld, zeros } from './testing/git-world.ts'

let world: GitWorld

beforeEach(async () => {
  world = await startGitWorld()
})

afterEach(() => world.stop())

describe('pushing', () => {
  test('a push is told with its refs before and after, and its messages reach the pusher', async () => {
    world.say = async () => ['Pipeline 1 was started', 'http://ci.example/pipelines/1']
    const first = await world.commit({ 'a.txt': '1' }, 'one')

    const pushed = await world.git('push', 'origin', 'main')
    const second = await world.commit({ 'a.txt': '2' }, 'two')
    await world.git('push', 'origin', 'main', 'main:feature/x')

    expect(pushed.printed).toMatch(/remote: Pipeline 1 was started\s*\nremote: http:\/\/ci\.example\/pipelines\/1/)
    expect(world.pushes).toEqual([
      [{ ref: 'refs/heads/main', before: zeros, after: first }],
      [
        { ref: 'refs/heads/feature/x', before: zeros, after: second },
        { ref: 'refs/heads/main', before: first, after: second },
      ].sort(byRef),
    ])
    expect((await world.hosting.branches(shop)).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'feature/x', revision: second },
      { name: 'main', revision: second },
    ])
  })

  test('refs are durable and readable by the time a push is told', async () => {
    let seen: string | undefined
    world.say = async () => {
      seen = (await world.hosting.resolve(shop, { branch: 'main' }))?.subject
      return []
    }
    await world.commit({ 'a.txt': '1' }, 'here already')

    await world.git('push', 'origin', 'main')

    expect(seen).toBe('here already')
  })

  test('a push of nothing new is not told', async () => {
    await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('push', 'origin', 'main')

    const again = await world.git('push', 'origin', 'main')

    expect(again.printed).toContain('Everything up-to-date')
    expect(world.pushes).toHaveLength(1)
  })

  test('deleted branches and forced pushes are told; the old commit is the one before', async () => {
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('push', 'origin', 'main', 'main:old')
    await world.git('push', 'origin', ':old')
    await world.git('commit', '-q', '--amend', '-m', 'one, again')
    const amended = (await world.git('rev-parse', 'HEAD')).out.trim()
    await world.git('push', '-f', 'origin', 'main')

    expect(world.pushes.slice(1)).toEqual([
      [{ ref: 'refs/heads/old', before: first, after: zeros }],
      [{ ref: 'refs/heads/main', before: first, after: amended }],
    ])
    expect(await world.hosting.resolve(shop, { branch: 'old' })).toBeUndefined()
  })

  test('only the refs that git moved are told when others of the push are rejected', async () => {
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('push', 'origin', 'main')
    // The branch cannot be made: a part of its name is a branch itself.
    const pushed = await world.tryGit('push', 'origin', 'main:fine', 'main:main/below')

    expect(pushed.status).toBe(1)
    expect(pushed.printed).toContain('rejected')
    expect(world.pushes.slice(1)).toEqual([[{ ref: 'refs/heads/fine', before: zeros, after: first }]])
  })

  test('an atomic push of which a part is rejected moves nothing and is not told', async () => {
    await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('push', 'origin', 'main')

    const pushed = await world.tryGit('push', '--atomic', 'origin', 'main:fine', 'main:main/below')

    expect(pushed.status).toBe(1)
    expect(world.pushes).toHaveLength(1)
  })

  test('an annotated tag is told by its own id and resolves to its commit', async () => {
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('tag', '-a', 'v1.0', '-m', 'first release')
    const tag = (await world.git('rev-parse', 'v1.0')).out.trim()

    await world.git('push', 'origin', 'v1.0')

    expect(world.pushes).toEqual([[{ ref: 'refs/tags/v1.0', before: zeros, after: tag }]])
    expect(await world.hosting.resolve(shop, { tag: 'v1.0' })).toMatchObject({
      revision: first,
      tag: 'v1.0',
      branch: null,
      subject: 'one',
    })
  })

  test('a push is told even when its pusher goes away before the answer', async () => {
    const head = await world.commit({ 'a.txt': '1' }, 'one')
    const line = `${zeros} ${head} refs/heads/main\0 report-status side-band-64k\n`
    const pack = await world.packOf(head)
    async function* body() {
      yield Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
      yield pack
    }
    const told: (readonly PushedRef[])[] = []
    const onPush = following(async (refs) => {
      told.push(refs)
      return []
    })
    const serving = world.hosting.serve(shop, 'git-receive-pack', body(), {
      protocol: undefined,
      signal: new AbortController().signal,
      onPush,
    })

    // The first piece of the answer is taken, and no more.
    for await (const _ of serving) break

    const moved = (await world.hosting.branches(shop)).length === 1
    expect(told).toEqual([moved ? [{ ref: 'refs/heads/main', before: zeros, after: head }] : []])
  })

  test('a client that asks for no report is told of by what moved', async () => {
    const head = await world.commit({ 'a.txt': '1' }, 'one')
    const line = `${zeros} ${head} refs/heads/main\0 agent=tiny\n`
    const pack = await world.packOf(head)
    async function* body() {
      yield Buffer.concat([Buffer.from(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`), pack])
    }
    const onPush = following(async (refs) => {
      world.pushes.push(refs)
      return ['nobody hears this']
    })

    const answer = await collect(
      world.hosting.serve(shop, 'git-receive-pack', body(), {
        protocol: undefined,
        signal: new AbortController().signal,
        onPush,
      }),
    )

    expect(world.pushes).toEqual([[{ ref: 'refs/heads/main', before: zeros, after: head }]])
    expect(answer.toString()).toBe('')
  })

  test('a refusal of what follows a push is told to the pusher, and the push stands', async () => {
    world.say = async () => {
      throw new AppError('conflict', 'The plan has no builds left.')
    }
    await world.commit({ 'a.txt': '1' }, 'one')

    const pushed = await world.git('push', 'origin', 'main')

    expect(pushed.printed).toContain('remote: The plan has no builds left.')
    expect(await world.hosting.branches(shop)).toHaveLength(1)
  })

  test('messages cannot drive the terminal of the pusher', async () => {
    world.say = async () => ['\u001b[31mred\u001b[0m\r\u0007 and\tplain\nnext']
    await world.commit({ 'a.txt': '1' }, 'one')

    const pushed = await world.git('push', 'origin', 'main')

    expect(pushed.printed).toContain('remote: [31mred[0m and\tplain')
    expect(pushed.printed).toContain('remote: next')
    expect(pushed.printed).not.toContain('\u001b[31m')
  })

  test('what is about to move is told before anything does, and when that is refused nothing moves', async () => {
    const seen: unknown[] = []
    world.allow = async (refs) => {
      seen.push([refs, await world.hosting.branches(shop)])
    }
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    await world.git('push', 'origin', 'main')
    world.allow = async () => {
      throw new AppError('unavailable', 'The database is away.')
    }
    await world.commit({ 'a.txt': '2' }, 'two')

    const refused = await world.tryGit('push', 'origin', 'main')

    expect(seen).toEqual([[[{ ref: 'refs/heads/main', before: zeros, after: first }], []]])
    expect(refused.status).not.toBe(0)
    expect(refused.printed).toMatch(/remote rejected.*main -> main \(The database is away\.\)/)
    expect(world.pushes).toHaveLength(1)
    expect(await world.hosting.branches(shop)).toEqual([{ name: 'main', revision: first }])
  })

  test('whether a ref has come to where a push wanted it can be asked later', async () => {
    const ref = 'refs/heads/main'
    const reached = (after: string, name = ref) => world.hosting.reached(shop, { ref: name, before: zeros, after })
    const first = await world.commit({ 'a.txt': '1' }, 'one')
    const before = await reached(first)
    await world.git('push', 'origin', 'main')
    const second = await world.commit({ 'a.txt': '2' }, 'two')
    await world.git('tag', '-a', 'v1', '-m', 'one')
    const tag = (await world.git('rev-parse', 'v1')).out.trim()
    const ahead = await reached(second)
    await world.git('push', 'origin', 'main', 'v1', 'main:folder/x')

    expect([before, ahead]).toEqual([false, false])
    expect([await reached(first), await reached(second), await reached(tag, 'refs/tags/v1')]).toEqual([
      true,
      true,
      true,
    ])
    expect([
      await reached(first, 'refs/heads/folder'),
      await reached(zeros),
      await reached(zeros, 'refs/heads/x'),
    ]).toEqual([false, false, true])
    await world.git('commit', '-q', '--amend', '-m', 'two, again')
    await world.git('push', '-f', 'origin', 'main')
    expect([await reached(first), await reached(second)]).toEqual([true, false])
  })

  test('a pack past the limit is refused and nothing is told', async () => {
    await world.commit({ 'big.bin': randomBytes(6_000_000) }, 'big')

    const pushed = await world.tryGit('push', 'origin', 'main')

    expect(pushed.status).not.toBe(0)
    expect(world.pushes).toEqual([])
    expect(await world.hosting.branches(shop)).toEqual([])
  })

  test('a broken object is refused', async () => {
    await world.commit({ 'a.txt': '1' }, 'one')
    const tree = (await world.git('rev-parse', 'HEAD^{tree}')).out.trim()
    const bad = (
      await world.git('hash-object', '-t', 'commit', '-w', '--literally', '--stdin', {
        input: `tree ${tree}\nauthor nobody\n\nbad\n`,
      })
    ).out.trim()
    writeFileSync(join(world.work, '.git/refs/heads/bad'), `${bad}\n`)

    const pushed = await world.tryGit('push', 'origin', 'bad')

    expect(pushed.status).not.toBe(0)
    expect(pushed.printed).toMatch(/fsck error|missingEmail|badDate|missing/i)
    expect(world.pushes).toEqual([])
  })

  test('a body that is no push is refused, and a canceled one ends', async () => {
    const options = { protocol: undefined, signal: new AbortController().signal, onPush: following(async () => []) }
    const nonsense = collect(world.hosting.serve(shop, 'git-receive-pack', chunks('this is no push at all'), options))
    await expect(nonsense).rejects.toMatchObject({ code: 'bad-request' })

    const stop = new AbortController()
    const silent = collect(world.hosting.serve(shop, 'git-receive-pack', never(), { ...options, signal: stop.signal }))
    setTimeout(() => stop.abort(), 50)
    await expect(silent).rejects.toThrow(/abort/i)
  })
})

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {})
}
