import { AppError, projectScope } from '@rondo/model'
import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { readPrivateKey } from '../../read-private-key.ts'
import { type Route, route } from '../route.ts'
import { Message, Text } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const Hostname = Type.String({ pattern: '^[A-Za-z0-9*?.\\[\\]:_-]{0,253}$' })

/** Keys for `add_ssh_keys`: they go in, and only jobs see them again. */
export function sshKeyRoutes({ sshKeys, sealer }: Pick<WebPorts, 'sshKeys' | 'sealer'>): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/project/{project-slug}/ssh-key',
      summary: 'Keeps a private SSH key for jobs that ask for it; with a hostname, for that host.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ hostname: Type.Optional(Hostname), private_key: Text(64_000) }),
      status: 201,
      answer: Type.Object({}),
      handle: async ({ subject, actorId, body: { hostname = '', private_key } }) => {
        const { privateKey, ...pair } = readPrivateKey(private_key)
        const sealed = await sealer.seal(privateKey, projectScope(subject.id))
        await sshKeys.add({ projectId: subject.id, hostname, sealed, createdBy: actorId, ...pair })
        return {}
      },
    }),
    route({
      method: 'DELETE',
      path: '/project/{project-slug}/ssh-key',
      summary: 'Deletes an SSH key by its fingerprint, in either digest; of all hosts when none is named.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ fingerprint: Text(200), hostname: Type.Optional(Hostname) }),
      answer: Message,
      handle: async ({ subject, body: { fingerprint, hostname } }) => {
        if (await sshKeys.remove(subject.id, fingerprint, hostname)) return { message: 'ok' }
        throw new AppError(
          'not-found',
          `The project has no SSH key ${fingerprint}${hostname ? ` for ${hostname}` : ''}`,
        )
      },
    }),
  ]
}
