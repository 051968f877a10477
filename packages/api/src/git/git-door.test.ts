import type { NewPush, Project, PushedRef, User } from '@rondo/model'
import { expect, test } from 'vitest'
import type { Access } from '../access.ts'
import type { WebPorts } from '../ports.ts'
import { createGitDoor } from './git-door.ts'

const made: PushedRef = { ref: 'refs/heads/main', before: '0'.repeat(40), after: 'a'.repeat(40) }
const deleted: PushedRef = { ref: 'refs/heads/old', before: 'b'.repeat(40), after: '0'.repeat(40) }

/** What a push with these options leads to: the refs that are noted, and those that are followed. */
async function pushed(refs: readonly PushedRef[], said: readonly string[]) {
  const seen = { noted: [] as PushedRef[], followed: [] as PushedRef[] }
  const pushes: WebPorts['pushes'] = {
    async note(push: NewPush) {
      seen.noted.push(...push.refs)
      return { ...push, id: 'p1' }
    },
    async follow(_project, _push, moved) {
      seen.followed.push(...moved)
      return []
    },
  }
  const options = { publicUrl: 'http://rondo', onError: () => {} }
  const door = createGitDoor({ pushes } as unknown as WebPorts, {} as Access, options)
  const listener = door.listen({ id: 'project' } as Project, { id: 'user' } as User)
  await listener.announced(refs, said)
  const messages = await listener.moved(refs, said)
  return { ...seen, messages }
}

test('a push leads to what follows from all its refs', async () => {
  expect(await pushed([made, deleted], [])).toEqual({
    noted: [made, deleted],
    followed: [made, deleted],
    messages: [],
  })
})

test('with the push option ci.skip no pipelines follow, and what ends with a branch ends', async () => {
  expect(await pushed([made, deleted], ['ci.skip'])).toEqual({ noted: [deleted], followed: [deleted], messages: [] })
  expect(await pushed([made], ['ci.skip'])).toEqual({ noted: [], followed: [], messages: [] })
})
