import type { StepReader } from './step-reader.ts'
import { nameOf, optional } from './step-reader.ts'

const methods = ['blobless', 'full', 'shallow'] as const

/** `checkout`. */
export const readCheckout: StepReader = (fields, origin) => {
  fields.only(['path', 'method', 'depth', 'name'], 'warn')
  const text = fields.text('method')
  const method = methods.find((candidate) => candidate === text) ?? 'blobless'
  if (text !== undefined && text !== method) {
    fields.fail(
      'invalid-value',
      fields.node('method')!.span,
      `Checkout method '${text}' is invalid`,
      `Methods are ${methods.join(', ')}`,
    )
  }
  const depth = fields.integer('depth', { min: 1 })
  if (depth !== undefined && method !== 'shallow' && !fields.isOpen('method')) {
    fields.fail(
      'invalid-value',
      fields.node('depth')!.span,
      'Checkout depth can only be used with the shallow checkout method',
    )
  }
  if (method === 'shallow' && !fields.has('depth')) {
    const hint = 'Write a positive number of commits'
    fields.fail(
      'missing-key',
      fields.span,
      'required key [depth] not found: the shallow checkout method needs it',
      hint,
    )
  }
  return {
    type: 'checkout',
    ...nameOf(fields),
    ...optional('path', fields.text('path')),
    method,
    ...optional('depth', depth),
    origin,
  }
}
