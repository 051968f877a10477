import { isOrbName } from '@rondo/model'
import { CallError } from '../noun.ts'

/** `namespace/name`, as somebody typed it. */
export function requireOrbName(text: string | undefined): string {
  const names = text?.split('/') ?? []
  if (names.length === 2 && names.every(isOrbName)) return text!
  throw new CallError(`"${text ?? ''}" names no orb. Write NAMESPACE/NAME in lower case.`)
}

/** `namespace/name@version`, as somebody typed it; what the version may be depends on what is done with it. */
export function requireVersioned(text: string | undefined): { readonly orb: string; readonly version: string } {
  const at = text?.indexOf('@') ?? -1
  if (text === undefined || at < 0)
    throw new CallError(`"${text ?? ''}" names no version of an orb. Write NAMESPACE/NAME@VERSION.`)
  return { orb: requireOrbName(text.slice(0, at)), version: text.slice(at + 1) }
}

/** A reference for reading; without a version the newest release is meant. */
export function requireReference(text: string | undefined): string {
  if (text?.includes('@')) return Object.values(requireVersioned(text)).join('@')
  return `${requireOrbName(text)}@volatile`
}
