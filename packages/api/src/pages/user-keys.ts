import { AppError, type UserKey } from '@rondo/model'
import type { FastifyInstance } from 'fastify'
import ssh2 from 'ssh2'
import { isId } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import { fingerprints } from '../ssh-key-pair.ts'

const base = '/api/private/ssh-keys'
const maxKeys = 50
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['public_key'],
  properties: {
    name: { type: 'string', maxLength: 200 },
    public_key: { type: 'string', minLength: 1, maxLength: 20_000 },
  },
}

/** A person's own public SSH keys, with which they enter jobs. */
export function registerUserKeys(
  server: FastifyInstance,
  { userKeys }: Pick<WebPorts, 'userKeys'>,
  auth: Authenticator,
): void {
  server.get(base, async (request) => {
    const { user } = await auth.person(request)
    return { keys: (await userKeys.of(user.id)).map(view) }
  })

  server.post(base, { schema: { body } }, async (request) => {
    const { user } = await auth.person(request)
    const { name, public_key: text } = request.body as { name?: string; public_key: string }
    const { publicKey, comment, sha256 } = readPublicKey(text)
    if ((await userKeys.of(user.id)).length >= maxKeys)
      throw new AppError('conflict', `You have ${maxKeys} SSH keys already. Remove one that you do not use.`)
    const key = await userKeys.add({ userId: user.id, name: name ?? comment, publicKey, sha256 })
    if (key === undefined) throw new AppError('conflict', `The SSH key ${sha256} is in use already.`)
    return view(key)
  })

  server.post(`${base}/:id/remove`, async (request) => {
    const { user } = await auth.person(request)
    const { id } = request.params as { id: string }
    if (!isId(id) || !(await userKeys.remove(id, user.id)))
      throw new AppError('not-found', `You have no SSH key ${id}. The list of your keys has their ids.`)
    return {}
  })
}

function view({ id, name, publicKey, sha256, createdAt }: UserKey) {
  return { id, name, public_key: publicKey, fingerprint: sha256, created_at: createdAt.toISOString() }
}

/** One line of an `authorized_keys` or `id_….pub` file. AppError `bad-request` says what else it is. */
function readPublicKey(text: string): { publicKey: string; comment: string; sha256: string } {
  if (text.includes('PRIVATE KEY'))
    throw new AppError(
      'bad-request',
      'This is the private half of an SSH key, which is nobody’s business. Give the public one: the file ending in .pub.',
    )
  const parsed = ssh2.utils.parseKey(text.trim())
  if (parsed instanceof Error || parsed.isPrivateKey() || text.trim().includes('\n'))
    throw new AppError(
      'bad-request',
      'This is no public SSH key. Give the one line of a file such as ~/.ssh/id_ed25519.pub.',
    )
  const blob = parsed.getPublicSSH()
  const publicKey = `${parsed.type} ${blob.toString('base64')}`
  return { publicKey, comment: parsed.comment ?? '', sha256: fingerprints(blob).sha256 }
}
