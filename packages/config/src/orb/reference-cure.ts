const form = "Write 'namespace/name@version'; a version is 1, 1.2, 1.2.3, volatile or dev:label"

/** What to do about a text that is no orb reference. */
export function referenceCure(reference: string): string {
  const [name = '', version] = reference.replace(/^([^@:]*):(?=[\dv])/, '$1@').split('@')
  if (!/^[a-z][\w-]*\/[a-z][\w-]*$/i.test(name)) return form
  if (version === undefined || version === '') return `Add a version: ${name.toLowerCase()}@1.2.3`
  if (/^(?:latest|newest|stable|main|master)$/.test(version))
    return `Name a version: ${name.toLowerCase()}@1.2.3, or @1 to take the newest of a major version`
  const number = /^[\^~v=]*(\d+(?:\.\d+){0,2})(?:\.[x*])*$/.exec(version)?.[1]
  return number === undefined ? form : `Write ${name.toLowerCase()}@${number}`
}
