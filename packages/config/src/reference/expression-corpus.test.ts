import { describe, expect, it } from 'vitest'
import type { ExpressionResult } from '../expression/evaluate.ts'
import { evaluateExpression } from '../expression/evaluate.ts'
import { hasReference, readReference } from './reference-folder.ts'

interface Case {
  readonly group: string
  readonly input: {
    readonly expression: string
    readonly environment: Readonly<Record<string, string | number | boolean | null>>
  }
  readonly expected: unknown
}

const corpus: readonly Case[] = hasReference ? JSON.parse(readReference('cases/expr/evaluator-corpus.json')) : []

it(
  hasReference ? 'finds the expression corpus' : 'leaves out the expression corpus: the reference folder is absent',
  () => {
    expect(corpus).toHaveLength(hasReference ? 250 : 0)
  },
)

describe.runIf(hasReference)('the official expression corpus', () => {
  it.each(corpus.map((each, index) => ({ ...each, index })))('$index $group', ({ input, expected }) => {
    const { environment } = input

    const result = evaluateExpression(input.expression, (name) =>
      Object.hasOwn(environment, name) ? environment[name] : undefined,
    )

    expect(inCorpusForm(result)).toEqual(expected)
  })
})

function inCorpusForm(result: ExpressionResult): unknown {
  if (!result.ok) return { error: result.fault }
  const { value } = result
  if (typeof value === 'object') return { result: `corpus/regexp:${value.source}` }
  if (typeof value === 'bigint') return { result: Number(value) }
  return { result: value ?? null }
}
