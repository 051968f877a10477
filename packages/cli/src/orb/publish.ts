import { isDevVersion, parseRelease } from '@rondo/model'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { promoteOrb, publishOrb } from '../registry/changes.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { readOrb } from './orb-source.ts'
import { requireVersioned } from './reference.ts'

const segments = ['patch', 'minor', 'major']

export const publishOrbVerb: Verb = {
  name: 'publish',
  usage: 'rondo orb publish FILE|FOLDER NAMESPACE/NAME@VERSION',
  summary: 'publish a version: 1.2.3, dev:LABEL, or patch, minor or major for the next one; - reads standard input',
  most: 2,
  flags: {
    promote: { type: 'string', value: 'dev:LABEL', help: 'publish what this dev version holds, instead of a file' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const dev = call.text('promote')
    if (call.arguments.length !== (dev === undefined ? 2 : 1))
      throw new CallError(
        dev === undefined
          ? 'Name the source and NAMESPACE/NAME@VERSION.'
          : 'With --promote, name NAMESPACE/NAME@VERSION alone.',
      )
    const { orb, version } = requireVersioned(call.arguments.at(-1))
    if (!parseRelease(version) && !isDevVersion(version) && !segments.includes(version))
      throw new CallError(
        `"${version}" is no version to publish. Write 1.2.3, dev:LABEL, or patch, minor or major for the next one.`,
      )
    const client = serverOf(call)
    const published =
      dev === undefined
        ? await publishOrb(client, { orb, version }, readOrb(call.arguments[0]!))
        : await promoteOrb(client, orb, dev, version)
    if (call.given('json')) printJson({ orb, version: published })
    else process.stdout.write(`${orb}@${published} is published.\n`)
    return 0
  },
}
