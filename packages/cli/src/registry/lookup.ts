import type { OrbLookup } from '@rondo/model'
import type { Flag, VerbCall } from '../noun.ts'
import { createFolderLookup } from './folder-lookup.ts'
import { createRemoteLookup } from './remote-lookup.ts'
import { serverFlags, serverOf } from './server.ts'

/** Flags of verbs that need orbs. */
export const lookupFlags: Readonly<Record<'orbs' | 'host' | 'token', Flag>> = {
  orbs: {
    type: 'string',
    value: 'FOLDER',
    help: 'orbs out of this folder (NAMESPACE/NAME@VERSION.yml), without a server',
  },
  ...serverFlags,
}

/** Where the orbs of a call come from. A server is asked only when there are orbs to ask for. */
export function lookupOf(call: VerbCall): OrbLookup {
  const folder = call.text('orbs')
  if (folder !== undefined) return createFolderLookup(folder)
  let remote: OrbLookup | undefined
  return {
    resolve(requests, organizationId) {
      remote ??= createRemoteLookup(serverOf(call))
      return remote.resolve(requests, organizationId)
    },
  }
}
