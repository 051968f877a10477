import type { Viewer } from './viewer.ts'

/** A field's own function; fields without one are read off the object they stand in. */
export type Resolve = (source: never, args: never, viewer: Viewer) => unknown

/** By type, then by field. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, Resolve>>>>
