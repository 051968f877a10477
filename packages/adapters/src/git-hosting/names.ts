import { AppError, type RefRequest } from '@rondo/model'

/** Names become folders: nothing hidden, no traversal, no option, no second spelling of one repository (rule D-25). */
export function safeName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !/\.(git|lock|wiki)$/i.test(name) && !name.endsWith('.'))
    return name
  throw new AppError(
    'bad-request',
    `"${name.slice(0, 100)}" cannot name an organisation or repository. Use letters, digits, ".", "_" and "-", starting with a letter or digit, and not ending in ".", ".git", ".lock" or ".wiki".`,
  )
}

export function safeRevision(revision: string): string {
  if (/^[0-9a-f]{40}$/.test(revision)) return revision
  throw new AppError('bad-request', `"${revision.slice(0, 100)}" is not a revision of 40 hexadecimal digits.`)
}

/** Full name of what a request asks for; undefined when git could have no branch or tag of that name. */
export function refOf(request: RefRequest): string | undefined {
  if (request.revision !== undefined) return safeRevision(request.revision)
  if (request.tag !== undefined) return isRefName(request.tag) ? `refs/tags/${request.tag}` : undefined
  return request.branch !== undefined && isRefName(request.branch) ? `refs/heads/${request.branch}` : undefined
}

/** Git's own rules for names of refs, so that a name is never read as an expression such as `main~1` or `@{-1}`. */
export function isRefName(name: string): boolean {
  if (name === '' || name.length > 250 || /\p{Cc}|[ ~^:?*[\\]|\.\.|@\{/u.test(name)) return false
  return name.split('/').every((part) => part !== '' && !/^\.|\.$|\.lock$/.test(part))
}
