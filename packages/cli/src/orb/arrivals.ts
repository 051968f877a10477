import { createInlineCompiler } from '@rondo/conductor'
import type { OrbPin } from '@rondo/model'
import { CallError, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { listOf, nullable, objectOf, type Shaped, text } from '../registry/answer-shape.ts'
import { importOrb, importVersion } from '../registry/changes.ts'
import { type GraphqlClient, ServerTrouble } from '../registry/graphql-client.ts'

/** A version on its way into the registry. */
export interface Arrival {
  /** `namespace/name` */
  readonly orb: string
  readonly version: string
  readonly source: string
  /** What its own stanza was resolved to where it comes from; empty where that is not known. */
  readonly imports: readonly OrbPin[]
}

/** Brings versions into a registry, one after the other; what is refused does not hold up the rest. */
export interface Import {
  readonly outcome: ImportOutcome
  bring(arrivals: readonly Arrival[]): Promise<void>
  /** Whether a version is there, with all it imports. */
  has(reference: string): Promise<boolean>
  alreadyHere(reference: string): void
  /** Notes one that cannot come. */
  refuse(reference: string, message: string): void
}

export interface ImportOutcome {
  readonly imported: readonly string[]
  /** Was there before. */
  readonly unchanged: readonly string[]
  readonly refused: readonly { readonly orb: string; readonly message: string }[]
}

/** Is told as it happens. */
export type ImportWatcher = (what: 'imported' | 'unchanged' | 'refused', reference: string, message?: string) => void

type Known = Shaped<typeof knownVersion>

const knownVersion = objectOf({ source: text, imports: listOf(objectOf({ reference: text })) })

const knownQuery = `query ($reference: String!) { orbVersion(orbVersionRef: $reference) { source imports { reference } } }`

export function createImport(client: GraphqlClient, watch: ImportWatcher = () => undefined): Import {
  const imported: string[] = []
  const unchanged: string[] = []
  const refused: { orb: string; message: string }[] = []
  const orbIds = new Map<string, Promise<string>>()

  async function known(reference: string): Promise<Known | undefined> {
    const { orbVersion } = await client.ask(knownQuery, { reference }, objectOf({ orbVersion: nullable(knownVersion) }))
    return orbVersion ?? undefined
  }

  async function bringOne({ orb, version, source, imports }: Arrival): Promise<void> {
    // What is no orb at all makes none, and no namespace, on the server.
    if (!orbIds.has(orb)) await requireOrb(source)
    const id = orbIds.get(orb) ?? importOrb(client, orb)
    orbIds.set(orb, id)
    await importVersion(client, await id, version, { source, imports })
  }

  function alreadyHere(reference: string): void {
    unchanged.push(reference)
    watch('unchanged', reference)
  }

  function refuse(reference: string, message: string): void {
    refused.push({ orb: reference, message })
    watch('refused', reference, message)
  }

  /** Answers whether the registry has it now. */
  async function tryOne(arrival: Arrival): Promise<boolean> {
    const name = `${arrival.orb}@${arrival.version}`
    try {
      const here = await known(name)
      if (here?.source === arrival.source && isComplete(here)) {
        alreadyHere(name)
        return false
      }
      await bringOne(arrival)
      imported.push(name)
      watch('imported', name)
      return true
    } catch (error) {
      if (!(error instanceof CallError) || error instanceof ServerTrouble) throw error
      refuse(name, error.message)
      return false
    }
  }

  return {
    outcome: { imported, unchanged, refused },
    async bring(arrivals) {
      const again: Arrival[] = []
      for (const arrival of arrivals) {
        if ((await tryOne(arrival)) && importsOrbs(arrival.source)) again.push(arrival)
      }
      // Now that all of them are there, what they import is fixed.
      for (const arrival of again) await bringOne(arrival)
    },
    async has(reference) {
      const here = await known(reference)
      return here !== undefined && isComplete(here)
    },
    alreadyHere,
    refuse,
  }
}

/** Says to people what becomes of each version; programs read it at the end. */
export function tellImport(call: VerbCall): ImportWatcher {
  return (what, reference, message) => {
    if (call.given('json')) return
    if (what === 'refused') process.stderr.write(`${reference} was refused: ${message}\n`)
    else process.stdout.write(`${reference} is ${what === 'imported' ? 'imported' : 'here already'}.\n`)
  }
}

/**
 * The end of an import. Answers the exit code: 1 when anything was left out.
 * @param others files that name no version, and versions that are not where they were looked for; why, and what to do
 */
export function endImport(
  call: VerbCall,
  outcome: ImportOutcome,
  others: { readonly ignored?: readonly string[]; readonly missing?: readonly string[]; readonly why: string },
): number {
  const { ignored = [], missing = [], why } = others
  if (call.given('json')) printJson({ ...outcome, ignored, missing })
  else for (const name of [...ignored, ...missing]) process.stderr.write(`${name} ${why}\n`)
  return outcome.refused.length + ignored.length + missing.length > 0 ? 1 : 0
}

/** Refuses what the server would, as far as that is known without the orbs it imports. */
async function requireOrb(source: string): Promise<void> {
  const { problems } = await createInlineCompiler().checkOrb({ source, organizationId: null, published: true })
  const errors = problems.filter(({ severity, code }) => severity === 'error' && code !== 'orb-not-found')
  if (errors.length > 0) throw new CallError(errors.map(({ text }) => text).join('\n\n'), 1)
}

function importsOrbs(source: string): boolean {
  return /^orbs\s*:/m.test(source)
}

function isComplete({ source, imports }: Known): boolean {
  return !importsOrbs(source) || imports.length > 0
}
