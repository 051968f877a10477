import { jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { createOrb } from '../registry/changes.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { requireOrbName } from './reference.ts'

export const createOrbVerb: Verb = {
  name: 'create',
  usage: 'rondo orb create NAMESPACE/NAME',
  summary: 'make an orb, to publish versions of it',
  most: 1,
  flags: {
    org: { type: 'string', value: 'ORG', help: 'makes the namespace too, for this organization' },
    private: { type: 'boolean', help: 'only projects of the organization may use it; cannot be changed later' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const orb = requireOrbName(call.arguments[0])
    const organization = call.text('org')
    await createOrb(serverOf(call), orb, {
      private: call.given('private'),
      ...(organization === undefined ? {} : { organization }),
    })
    if (call.given('json')) printJson({ orb, private: call.given('private') })
    else process.stdout.write(`${orb} is there. Publish a version of it: rondo orb publish FILE ${orb}@1.0.0\n`)
    return 0
  },
}
