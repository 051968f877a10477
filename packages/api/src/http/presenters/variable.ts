import type { SealedSecret } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Time } from '../shapes.ts'

/** A project variable: never its value, only what tells it from others. */
export const VariableShape = Type.Object({
  name: Type.String(),
  value: Type.String(),
  created_at: Time,
  // The reference writes it so, live answers as above; clients read both.
  'created-at': Time,
})

export function presentVariable(secret: SealedSecret): Static<typeof VariableShape> {
  return {
    name: secret.name,
    value: `xxxx${secret.hint}`,
    created_at: secret.createdAt,
    'created-at': secret.createdAt,
  }
}

export const ContextVariableShape = Type.Object({
  variable: Type.String(),
  context_id: Id,
  created_at: Time,
  updated_at: Time,
})

export function presentContextVariable(contextId: string, secret: SealedSecret): Static<typeof ContextVariableShape> {
  return {
    variable: secret.name,
    context_id: contextId,
    created_at: secret.createdAt,
    updated_at: secret.updatedAt,
  }
}

/** The last four characters of a value, and never more than half of a short one. */
export function hintOf(value: string): string {
  return value.slice(-Math.min(4, Math.floor(value.length / 2)) || value.length)
}
