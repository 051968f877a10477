import type { EventRecord } from '@rondo/model'

type Data = EventRecord['data']

/** What somebody did beside building, with what it was before where the event says so: those of older servers do not. */
export function describeAdministration(kind: EventRecord['kind'], data: Data): string {
  switch (kind) {
    case 'setting.changed':
      return `setting ${data.name} ${data.value === null ? `taken back${was(data.from)}` : `set to ${data.value}${was(data.from)}`}`
    case 'limit.changed':
      return limitText(data)
    case 'token.made':
      return `${tokenName(data)} made`
    case 'token.revoked':
      return `${tokenName(data)} revoked`
    case 'namespace.created':
      return `namespace ${data.namespace} made`
    case 'namespace.changed':
      return namespaceText(data)
    case 'namespace.deleted':
      return `namespace ${data.namespace} deleted`
    case 'orb.created':
      return `${data.private === true ? 'private orb' : 'orb'} ${data.orb} made`
    case 'orb.changed':
      return orbText(data)
    case 'orb.published':
      return `orb ${data.orb}@${data.version} published`
    default:
      return kind
  }
}

function was(before: unknown): string {
  return before === undefined ? '' : before === null ? ', not set before' : `, was ${before}`
}

function limitText({ maxTasks, from, resourceClass }: Data): string {
  const what = typeof resourceClass === 'string' ? ` of class ${resourceClass}` : ''
  if (maxTasks === 0) return `new work${what} blocked${typeof from === 'number' ? `, limit was ${from}` : ''}`
  if (maxTasks === null)
    return from === 0 ? `new work${what} let go on, was blocked` : `limit${what} taken away${was(from)}`
  const before = from === 0 ? ', was blocked' : from === null ? ', no limit before' : was(from)
  return `limit${what} set to ${maxTasks} ${maxTasks === 1 ? 'task' : 'tasks'} at once${before}`
}

function tokenName({ kind, name, scope }: Data): string {
  return kind === 'personal' ? `personal token “${name}”` : `token “${name}” of the project (${scope})`
}

function namespaceText({ namespace, certified, alias }: Data): string {
  if (typeof certified === 'boolean') return `namespace ${namespace} ${certified ? 'certified' : 'no longer certified'}`
  return typeof alias === 'string' ? `namespace ${namespace} lost its alias ${alias}` : `namespace ${namespace} renamed`
}

function orbText({ orb, listed, expired, addedCategory, removedCategory }: Data): string {
  if (typeof listed === 'boolean') return `orb ${orb} ${listed ? 'listed' : 'no longer listed'}`
  if (typeof expired === 'string') return `orb ${orb}@${expired} expired`
  if (addedCategory !== undefined) return `orb ${orb} given a category`
  return removedCategory === undefined ? `orb ${orb} changed` : `orb ${orb} taken out of a category`
}
