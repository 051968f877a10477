import { isOrbName } from '@rondo/model'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { certifyNamespace } from '../registry/changes.ts'
import { serverFlags, serverOf } from '../registry/server.ts'

export const certifyOrbs: Verb = {
  name: 'certify',
  usage: 'rondo orb certify NAMESPACE',
  summary:
    'vouch for the orbs of a namespace: organizations that use no uncertified orbs of others may use them; administrators only',
  flags: { revoke: { type: 'boolean', help: 'vouch for them no longer' }, ...serverFlags, ...jsonFlag },
  async run(call) {
    const [namespace = ''] = call.arguments
    if (!isOrbName(namespace) || call.arguments.length > 1) throw new CallError('Name one namespace.')
    const certified = !call.given('revoke')
    await certifyNamespace(serverOf(call), namespace, certified)
    if (call.given('json')) printJson({ namespace, certified })
    else process.stdout.write(`The orbs of ${namespace} are ${certified ? 'certified' : 'certified no longer'}.\n`)
    return 0
  },
}
