import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { importVersion } from '../registry/changes.ts'
import { orbOfPath, readOrbFolder } from '../registry/folder-lookup.ts'
import type { GraphqlClient } from '../registry/graphql-client.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { readOrb } from './orb-source.ts'
import { requireVersioned } from './reference.ts'

/** A version on its way into the registry. */
export interface Arrival {
  /** `namespace/name` */
  readonly orb: string
  readonly version: string
  readonly source: string
}

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
    const { arrivals, others } = readArrivals(call)
    const outcome = await importAll(serverOf(call), arrivals)
    return report(call, outcome, others)
  },
}

function readArrivals(call: VerbCall): { arrivals: readonly Arrival[]; others: readonly string[] } {
  const as = call.text('as')
  if (as !== undefined) {
    if (call.arguments.length !== 1) throw new CallError('With --as, name one file or folder.')
    return { arrivals: [{ ...requireVersioned(as), source: readOrb(call.arguments[0]!) }], others: [] }
  }
  const arrivals: Arrival[] = []
  const others: string[] = []
  for (const path of call.arguments) {
    if (!existsSync(path)) throw new CallError(`There is no ${path}.`)
    if (statSync(path).isDirectory() && existsSync(join(path, '@orb.yml')))
      throw new CallError(`${path} is the folder of one orb. Say with --as NAMESPACE/NAME@VERSION which one.`)
    const found = statSync(path).isDirectory() ? readOrbFolder(path) : readOrbFile(path)
    for (const { orb, version, path: file } of found.orbs)
      arrivals.push({ orb, version, source: readFileSync(file, 'utf8') })
    others.push(...found.others)
  }
  return { arrivals, others }
}

function readOrbFile(path: string): ReturnType<typeof readOrbFolder> {
  const named = orbOfPath(resolve(path).split(sep).join('/'))
  return named === undefined ? { orbs: [], others: [path] } : { orbs: [{ path, ...named }], others: [] }
}

export interface ImportOutcome {
  readonly imported: readonly string[]
  readonly refused: readonly { readonly orb: string; readonly message: string }[]
}

/**
 * Brings versions in, one after the other; what is refused does not hold up the rest. What imports other orbs is brought
 * twice: the second time all of them are there, and are fixed as its imports.
 */
export async function importAll(client: GraphqlClient, arrivals: readonly Arrival[]): Promise<ImportOutcome> {
  const imported: string[] = []
  const refused: { orb: string; message: string }[] = []
  const again: Arrival[] = []
  for (const arrival of arrivals) {
    const name = `${arrival.orb}@${arrival.version}`
    try {
      await importVersion(client, arrival, arrival.source)
      imported.push(name)
      if (/^orbs\s*:/m.test(arrival.source)) again.push(arrival)
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      refused.push({ orb: name, message: error.message })
    }
  }
  for (const arrival of again) await importVersion(client, arrival, arrival.source)
  return { imported, refused }
}

/** What became of an import; exit code 1 when anything was left out. */
export function report(call: VerbCall, outcome: ImportOutcome, others: readonly string[] = []): number {
  if (call.given('json')) printJson({ ...outcome, ignored: others })
  else {
    for (const name of outcome.imported) process.stdout.write(`${name} is imported.\n`)
    for (const { orb, message } of outcome.refused) process.stderr.write(`${orb} was refused: ${message}\n`)
    for (const path of others)
      process.stderr.write(`${path} names no version of an orb. Name it NAMESPACE/NAME@1.2.3.yml, or use --as.\n`)
  }
  return outcome.refused.length > 0 || others.length > 0 ? 1 : 0
}
