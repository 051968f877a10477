import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { listOrbs } from '../registry/list-orbs.ts'
import { serverFlags, serverOf } from '../registry/server.ts'

export const listOrbsVerb: Verb = {
  name: 'list',
  usage: 'rondo orb list [NAMESPACE]',
  summary: 'the orbs of the registry, or of one namespace, with their newest releases',
  flags: {
    private: { type: 'boolean', help: 'the private ones of the namespace' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const [namespace] = call.arguments
    if (call.given('private') && namespace === undefined) throw new CallError('With --private, name a namespace.')
    const orbs = await listOrbs(serverOf(call), namespace, call.given('private') ? 'PRIVATE_ONLY' : 'PUBLIC_ONLY')
    if (call.given('json')) printJson(orbs)
    else for (const { name, version } of orbs) process.stdout.write(`${name}@${version ?? '(nothing published)'}\n`)
    return 0
  },
}
