import {
  type ConfigDiagnostic,
  compile,
  createLineIndex,
  type OrbSource,
  orbReferences,
  renderDiagnostic,
  validateOrb,
} from '@rondo/config'
import type { OrbAnswer, OrbContent, OrbImport, OrbPin, OrbRefusal, OrbRequest } from '@rondo/model'
import type { CheckOrbRequest, CompileAnswer, CompileRequest, OrbCheck, Problem } from './compiler.ts'

/** What one compile does, told apart so that it can travel to another thread. */
export type Work = ({ readonly kind: 'config' } & CompileRequest) | ({ readonly kind: 'orb' } & CheckOrbRequest)

export type WorkAnswer = CompileAnswer & Pick<OrbCheck, 'imports'>

/** Orbs that are fetched in one round at most; the limits of the language end it long before. */
const maxRounds = 12

/**
 * Compiles, and asks for orbs as it meets them: yields what it needs, is resumed with the contents in the same order.
 * Knows no thread and no registry, so the same steps run in a worker and in place.
 */
export function* work(task: Work): Generator<readonly OrbRequest[], WorkAnswer, readonly OrbAnswer[]> {
  const orbs = createCollection(task.kind === 'orb' ? { file: fileOf(task), pins: task.pins ?? [] } : undefined)
  for (let round = 0; round < maxRounds; round++) {
    discover(task, orbs.source)
    const wanted = orbs.takeWanted()
    if (wanted.length === 0) break
    orbs.add(wanted, yield wanted.map(({ request }) => request))
  }
  return finish(task, orbs)
}

function discover(task: Work, orbs: OrbSource): void {
  if (task.kind === 'orb') validateOrb(task.source, orbOptions(task, orbs))
  else orbReferences(task.source, { ...compileOptions(task), orbs })
}

function finish(task: Work, orbs: ReturnType<typeof createCollection>): WorkAnswer {
  if (task.kind === 'orb') {
    const file = fileOf(task)
    const diagnostics = validateOrb(task.source, orbOptions(task, orbs.source))
    const imports = orbs.importsOf(file)
    return { plan: undefined, output: undefined, parameters: {}, problems: problems(diagnostics, task, orbs), imports }
  }
  const { diagnostics, ...result } = compile(task.source, { ...compileOptions(task), orbs: orbs.source })
  return { ...result, problems: problems(diagnostics, task, orbs), imports: [] }
}

function orbOptions(task: CheckOrbRequest, orbs: OrbSource) {
  return { file: fileOf({ kind: 'orb', ...task }), orbs, published: task.published === true }
}

function fileOf(task: Work): string {
  return task.file ?? (task.kind === 'orb' ? 'orb.yml' : 'config.yml')
}

function compileOptions(task: CompileRequest) {
  return {
    file: fileOf({ kind: 'config', ...task }),
    pipelineValues: task.pipelineValues,
    // The pool ends a thread that takes too long; a person at a terminal ends their own.
    backtracking: true,
    ...(task.pipelineParameters === undefined ? {} : { pipelineParameters: task.pipelineParameters }),
    ...(task.contexts === undefined ? {} : { contexts: task.contexts }),
    ...(task.limits === undefined ? {} : { limits: task.limits }),
    ...(task.places === undefined ? {} : { places: task.places }),
  }
}

interface Wanted {
  /** What the answer is filed under. */
  readonly key: string
  readonly request: OrbRequest
}

function problems(
  diagnostics: readonly ConfigDiagnostic[],
  task: Work,
  orbs: ReturnType<typeof createCollection>,
): readonly Problem[] {
  const textOf = (file: string) => orbs.textOf(file) ?? task.source
  const indexes = new Map<string, ReturnType<typeof createLineIndex>>()
  const lineOf = (file: string, offset: number) => {
    const index = indexes.get(file) ?? createLineIndex(textOf(file))
    indexes.set(file, index)
    return index(offset)
  }
  return diagnostics.map((diagnostic) => {
    const { span, chain = [] } = diagnostic
    return {
      ...diagnostic,
      text: renderDiagnostic(diagnostic, textOf(span.file)),
      places: {
        start: lineOf(span.file, span.start),
        end: lineOf(span.file, span.end),
        chain: chain.map((frame) => ({ file: frame.span.file, ...lineOf(frame.span.file, frame.span.start) })),
      },
    }
  })
}

/**
 * What was fetched so far, and what was asked for in vain.
 * @param own what an orb's own stanza stands for, where that is known
 */
function createCollection(own?: { readonly file: string; readonly pins: readonly OrbPin[] }) {
  const pins = new Map(own?.pins.map(({ reference, resolved }) => [reference, resolved]))
  const known = new Map<string, OrbAnswer>()
  const wanted = new Map<string, OrbRequest>()
  const texts = new Map<string, string>()
  const refusals = new Map<string, { readonly reason: string; readonly cure?: string }>()
  const source: OrbSource = {
    resolve(reference, importer) {
      const key = `${importer ?? ''} ${reference}`
      const pin = own !== undefined && importer === own.file ? pins.get(reference) : undefined
      if (!known.has(key)) wanted.set(key, requestOf(reference, importer, pin))
      const answer = known.get(key)
      if (answer !== undefined && 'refused' in answer) refusals.set(reference, refusalOf(answer))
      return contentOf(answer)
    },
    whyNot: (reference) => refusals.get(reference),
  }
  return {
    source,
    textOf: (file: string) => texts.get(file),
    /** What an orb's own stanza asked for and got; inline orbs of it count as its own. */
    importsOf(importer: string): readonly OrbImport[] {
      return [...known].flatMap(([key, answer]) => {
        const content = contentOf(answer)
        const own = key.startsWith(`${importer} `) && content !== undefined
        if (!own) return []
        return { reference: key.slice(importer.length + 1), resolved: content.resolved, digest: content.digest }
      })
    },
    takeWanted(): readonly Wanted[] {
      const taken = [...wanted].map(([key, request]) => ({ key, request }))
      wanted.clear()
      return taken
    },
    add(requests: readonly Wanted[], contents: readonly OrbAnswer[]): void {
      requests.forEach(({ key }, index) => {
        known.set(key, contents[index])
        const content = contentOf(contents[index])
        if (content !== undefined) texts.set(content.resolved, content.source)
      })
    },
  }
}

/** @param pin the exact version that the reference stands for */
function requestOf(reference: string, importer: string | undefined, pin: string | undefined): OrbRequest {
  if (pin !== undefined) return { reference: pin }
  return importer === undefined ? { reference } : { reference, importer }
}

function refusalOf({ refused, cure }: OrbRefusal) {
  return { reason: refused, ...(cure === undefined ? {} : { cure }) }
}

function contentOf(answer: OrbAnswer): OrbContent | undefined {
  return answer === undefined || 'refused' in answer ? undefined : answer
}
