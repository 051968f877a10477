import { type ApiToken, AppError, type ProjectToken } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { isId } from '../../access.ts'
import { hashToken, newToken } from '../../credentials.ts'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { Id, Message, Nullable, Text, Time, Words } from '../shapes.ts'
import { oneself, projectInPath } from '../subjects.ts'

const TokenShape = Type.Object({ id: Id, label: Type.String(), time: Time, last_used_at: Nullable(Time) })
const scopes = ['status', 'view-builds', 'all'] as const
const ProjectTokenShape = Type.Object({ ...TokenShape.properties, scope: Words(scopes) })
/** The only answer that ever holds a token. */
const shown = { token: Type.String() }
const deleted = { message: 'ok' }
const missing = new AppError('not-found', 'Token not found')

function presentToken({ id, label, createdAt, lastUsedAt }: ApiToken | ProjectToken): Static<typeof TokenShape> {
  return { id, label, time: createdAt, last_used_at: lastUsedAt }
}

/** Tokens of people and of projects: shown once, when they are made, and kept as a hash (ledger I-072). */
export function tokenRoutes({
  accounts,
  projectTokens,
}: Pick<WebPorts, 'accounts' | 'projectTokens'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/user/token',
      summary: 'The personal tokens of the user, without what they open.',
      subject: oneself,
      right: 'view',
      answer: Type.Array(TokenShape),
      handle: async ({ user }) => (await accounts.tokensOf(user.id)).map(presentToken),
    }),
    route({
      method: 'POST',
      path: '/user/token',
      summary: 'Makes a personal token, and shows it this once.',
      subject: oneself,
      right: 'view',
      body: Type.Object({ label: Text(200) }),
      status: 201,
      answer: Type.Object({ ...TokenShape.properties, ...shown }),
      handle: async ({ user, body: { label } }) => {
        const token = newToken()
        const saved = await accounts.addToken({ userId: user.id, label, hash: hashToken(token) })
        return { ...presentToken(saved), token }
      },
    }),
    route({
      method: 'DELETE',
      path: '/user/token/{token-id}',
      summary: 'Ends a personal token.',
      subject: oneself,
      right: 'view',
      answer: Message,
      handle: async ({ user, params }) => {
        const id = params['token-id']!
        if (!isId(id) || !(await accounts.deleteToken(id, user.id))) throw missing
        return deleted
      },
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/token',
      summary: 'The tokens of a project, without what they open.',
      subject: projectInPath,
      right: 'configure',
      answer: Type.Array(ProjectTokenShape),
      handle: async ({ subject }) =>
        (await projectTokens.of(subject.id)).map((token) => ({ ...presentToken(token), scope: token.scope })),
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/token',
      summary: 'Makes a token of a project, and shows it this once. Takes a person.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ label: Text(200), scope: Words(scopes) }),
      status: 201,
      answer: Type.Object({ ...ProjectTokenShape.properties, ...shown }),
      handle: async ({ subject, user, body: { label, scope } }) => {
        const token = newToken()
        const hash = hashToken(token)
        const saved = await projectTokens.add({ projectId: subject.id, scope, label, hash, createdBy: user.id })
        return { ...presentToken(saved), scope: saved.scope, token }
      },
    }),
    route({
      method: 'DELETE',
      path: '/project/{project-slug}/token/{token-id}',
      summary: 'Ends a token of a project. Takes a person.',
      subject: projectInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject, user, params }) => {
        const id = params['token-id']!
        if (!isId(id) || !user || !(await projectTokens.remove(id, subject.id, user.id))) throw missing
        return deleted
      },
    }),
  ]
}
