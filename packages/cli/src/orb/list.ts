import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { listFolder } from '../registry/folder-versions.ts'
import { listOrbs } from '../registry/list-orbs.ts'
import { lookupFlags } from '../registry/lookup.ts'
import { serverOf } from '../registry/server.ts'

export const listOrbsVerb: Verb = {
  name: 'list',
  usage: 'rondo orb list [NAMESPACE]',
  summary: 'the orbs of the registry, or of one namespace, with their newest releases',
  most: 1,
  flags: {
    private: { type: 'boolean', help: 'the private ones of the namespace' },
    ...lookupFlags,
    ...jsonFlag,
  },
  async run(call) {
    const [namespace] = call.arguments
    if (call.given('private') && namespace === undefined) throw new CallError('With --private, name a namespace.')
    const folder = call.text('orbs')
    if (call.given('private') && folder !== undefined)
      throw new CallError('A folder does not say which orbs are private. Leave out --private or --orbs.')
    const view = call.given('private') ? 'PRIVATE_ONLY' : 'PUBLIC_ONLY'
    const orbs = folder === undefined ? await listOrbs(serverOf(call), namespace, view) : listFolder(folder, namespace)
    if (call.given('json')) printJson(orbs)
    else for (const { name, version } of orbs) process.stdout.write(`${name}@${version ?? '(nothing published)'}\n`)
    return 0
  },
}
