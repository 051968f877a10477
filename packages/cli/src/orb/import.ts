import { existsSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { readSource } from '../read-source.ts'
import { orbOfPath, readOrbFolder } from '../registry/folder-lookup.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { type Arrival, createImport, endImport, tellImport } from './arrivals.ts'
import { readOrb } from './orb-source.ts'
import { requireVersioned } from './reference.ts'

export const importOrbs: Verb = {
  name: 'import',
  usage: 'rondo orb import FILE|FOLDER…',
  summary:
    'fill the registry of an installation without a network, from files named NAMESPACE/NAME@VERSION.yml; administrators only',
  flags: {
    as: { type: 'string', value: 'NAMESPACE/NAME@VERSION', help: 'what the one file or packed folder is' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    if (call.arguments.length === 0) throw new CallError('Name files or folders to import.')
    const { arrivals, others, unreadable } = readArrivals(call)
    if (arrivals.length + others.length + unreadable.length === 0)
      throw new CallError(
        `There is no orb in ${call.arguments.join(', ')}. Files are named NAMESPACE/NAME@1.2.3.yml there.`,
        1,
      )
    const importing = createImport(serverOf(call), tellImport(call))
    for (const { orb, message } of unreadable) importing.refuse(orb, message)
    await importing.bring(arrivals)
    const why = 'names no version of an orb. Name it NAMESPACE/NAME@1.2.3.yml, or use --as.'
    return endImport(call, importing.outcome, { ignored: others, why })
  },
}

interface Found {
  readonly arrivals: readonly Arrival[]
  /** Files that name no version. */
  readonly others: readonly string[]
  readonly unreadable: readonly { readonly orb: string; readonly message: string }[]
}

function readArrivals(call: VerbCall): Found {
  const as = call.text('as')
  if (as !== undefined) {
    if (call.arguments.length !== 1) throw new CallError('With --as, name one file or folder.')
    const arrival = { ...requireVersioned(as), source: readOrb(call.arguments[0]!), imports: [] }
    return { arrivals: [arrival], others: [], unreadable: [] }
  }
  const arrivals: Arrival[] = []
  const others: string[] = []
  const unreadable: { orb: string; message: string }[] = []
  for (const path of call.arguments) {
    if (!existsSync(path)) throw new CallError(`There is no file or folder ${path}.`)
    if (statSync(path).isDirectory() && existsSync(join(path, '@orb.yml')))
      throw new CallError(`${path} is the folder of one orb. Say with --as NAMESPACE/NAME@VERSION which one.`)
    const found = statSync(path).isDirectory() ? readOrbFolder(path) : readOrbFile(path)
    for (const { orb, version, path: file } of found.orbs)
      try {
        arrivals.push({ orb, version, source: readSource(file), imports: [] })
      } catch (error) {
        if (!(error instanceof CallError)) throw error
        unreadable.push({ orb: `${orb}@${version}`, message: error.message })
      }
    others.push(...found.others)
  }
  return { arrivals, others, unreadable }
}

function readOrbFile(path: string): ReturnType<typeof readOrbFolder> {
  const named = orbOfPath(resolve(path).split(sep).join('/'))
  return named === undefined ? { orbs: [], others: [path] } : { orbs: [{ path, ...named }], others: [] }
}
