import type { ContextRecord } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { type Route, type RoutePorts, route } from '../route.ts'
import { Id, Message, PageOf, PageQuery, Text, Time, wholeList } from '../shapes.ts'
import { contextInPath, oneself, ownerInQuery } from '../subjects.ts'

const ContextShape = Type.Object({ id: Id, name: Type.String(), created_at: Time })

function presentContext({ id, name, createdAt }: ContextRecord): Static<typeof ContextShape> {
  return { id, name, created_at: createdAt }
}

const ListQuery = Type.Object({
  'owner-id': Type.Optional(Type.String()),
  'owner-slug': Type.Optional(Type.String()),
  'owner-type': Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  ...PageQuery,
})
const CreateBody = Type.Object({
  name: Text(300),
  owner: Type.Object({
    id: Type.Optional(Text(40)),
    slug: Type.Optional(Text(300)),
    type: Type.Optional(Text(20)),
  }),
})

export function contextRoutes({ secrets, access }: Pick<RoutePorts, 'secrets' | 'access'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/context',
      summary: 'Contexts of an organization, by name.',
      subject: ownerInQuery,
      right: 'view',
      query: ListQuery,
      answer: PageOf(ContextShape),
      handle: async ({ subject, query }) => {
        const contexts = await secrets.contextsOf(subject.id)
        return wholeList(
          contexts.filter(({ name }) => query.name === undefined || name === query.name).map(presentContext),
        )
      },
    }),
    route({
      method: 'POST',
      path: '/context',
      summary: 'Creates a context of an organization.',
      subject: oneself,
      right: 'configure',
      body: CreateBody,
      answer: ContextShape,
      handle: async ({ asker, body: { name, owner } }) => {
        const organization = await access.organization(asker, owner.id ?? owner.slug ?? '', 'configure')
        return presentContext(await secrets.createContext(organization.id, name))
      },
    }),
    route({
      method: 'GET',
      path: '/context/{context-id}',
      summary: 'A context.',
      subject: contextInPath,
      right: 'view',
      answer: ContextShape,
      handle: async ({ subject }) => presentContext(subject),
    }),
    route({
      method: 'DELETE',
      path: '/context/{context-id}',
      summary: 'Deletes a context with its variables.',
      subject: contextInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject }) => {
        await secrets.deleteContext(subject.id)
        return { message: 'Context deleted.' }
      },
    }),
  ]
}
