import type { Principal, RequestKey, User } from '@rondo/model'
import type { Static, TObject, TSchema } from 'typebox'
import type { Access, Right } from '../access.ts'
import type { WebPorts } from '../ports.ts'

/** What operations are built on; a file of them takes the few it uses. */
export interface RoutePorts extends WebPorts {
  readonly access: Access
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Params = Readonly<Record<string, string>>
export type Query = Readonly<Record<string, string | undefined>>

/** What a route is about: a project, a pipeline, … or nothing but the asker. */
export interface Subject<Found> {
  readonly kind: string
  /** Finds it for somebody with this right to it. AppError: `not-found` when it is not theirs to see, `forbidden` when they lack the right. */
  find(access: Access, asker: Principal, place: { params: Params; query: Query }, right: Right): Promise<Found>
}

/** A request whose asker is known, whose subject was found, and whose parts fit their schemas. */
export interface Call<Found, Asked, Sent> {
  readonly asker: Principal
  /** AppError `forbidden` when a project's token asks: the operation needs a person. */
  readonly user: User
  /** Who is said to have done it: null for a project's token. */
  readonly actorId: string | null
  /** Sent again with the same key, the request does nothing again. */
  readonly once: RequestKey | undefined
  readonly subject: Found
  /** By their names in `path`; never absent when the path has them. */
  readonly params: Params
  readonly query: Asked
  readonly body: Sent
  /** Aborted when whoever asks has hung up before the answer. */
  readonly signal: AbortSignal
}

interface Definition<Found, Asked extends TObject, Sent extends TSchema, Answer extends TSchema> {
  readonly method: Method
  /** In OpenAPI's form, below the API's base: `/pipeline/{pipeline-id}`. `{project-slug}` and `{org-slug-or-id}` may hold slashes. */
  readonly path: string
  /** One sentence, for the API's own description. */
  readonly summary: string
  readonly subject: Subject<Found>
  /** The right to the subject that the operation takes. */
  readonly right: Right
  readonly query?: Asked
  readonly body?: Sent
  /** Of a success; default 200. */
  readonly status?: number
  readonly answer: Answer
  readonly handle: (call: Call<Found, Static<Asked>, Static<Sent>>) => Promise<Static<Answer>>
}

/** One operation of an API: everything that is said of it in one place. Registered by `register.ts`, described by `openapi.ts`. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly subject: Subject<unknown>
  readonly right: Right
  readonly query?: TObject
  readonly body?: TSchema
  readonly status: number
  readonly answer: TSchema
  /** Takes the `Call` of the definition, whose types are forgotten here. */
  readonly handle: (call: never) => Promise<unknown>
}

/** Checks a definition's handler against its schemas, and makes a `Route` of it. */
export function route<
  Found,
  Answer extends TSchema,
  // biome-ignore lint/complexity/noBannedTypes: a route without a query asks for nothing
  Asked extends TObject = TObject<{}>,
  Sent extends TSchema = TSchema,
>(definition: Definition<Found, Asked, Sent, Answer>): Route {
  return { status: 200, ...definition }
}
