import { stringify } from 'yaml'

/** A command, job or executor of an orb. */
export interface OrbElement {
  readonly kind: 'command' | 'job' | 'executor'
  readonly name: string
  readonly description: string
  readonly parameters: readonly {
    readonly name: string
    readonly type: string
    readonly required: boolean
    readonly default: unknown
  }[]
}

const sections = { command: 'commands', job: 'jobs', executor: 'executors' } as const

/** What an orb's source offers to configs. */
export function elementsOf(source: unknown): readonly OrbElement[] {
  return (['command', 'job', 'executor'] as const).flatMap((kind) =>
    Object.entries(mapOf(mapOf(source)[sections[kind]])).map(([name, element]) => ({
      kind,
      name,
      description: textOf(mapOf(element).description),
      parameters: Object.entries(mapOf(mapOf(element).parameters)).map(([parameter, declared]) => ({
        name: parameter,
        type: textOf(mapOf(declared).type),
        required: !('default' in mapOf(declared)),
        default: mapOf(declared).default ?? null,
      })),
    })),
  )
}

/** Its usage examples; `usage` is a config. */
export function examplesOf(
  source: unknown,
): readonly { readonly name: string; readonly description: string; readonly usage: string }[] {
  return Object.entries(mapOf(mapOf(source).examples)).map(([name, example]) => ({
    name,
    description: textOf(mapOf(example).description),
    usage: stringify(mapOf(example).usage ?? {}),
  }))
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
