import { nearest } from '../did-you-mean.ts'
import type { ExpressionFault } from '../expression/expression-error.ts'
import { expressionMessage } from '../expression/expression-error.ts'
import { didYouMeanPipelineValue } from '../pipeline/known-values.ts'
import type { ResolveContext, Scope } from '../resolve/context.ts'

const maxNamed = 10
const namespace = /\b(?:parameters|pipeline|matrix)\./
/** `EOF`, `-EOF`, `'EOF'`: what stands behind the `<<` of a here-document; with a third `<`, of a here-string. */
const hereDocument = /^(?:<|[-~]?\s*(?:\\\w|(["']?)(?!(?:not|NOT|true|false)\b)[A-Za-z_]\w*\1(?![\w.])))/
const environment =
  "Variables of the environment exist when a job runs, not here; a shell command reads them as '$NAME'"
const parameterPrefix = 'pipeline.parameters.'

/** What to do about an expression that cannot be read. */
export function expressionHint(fault: ExpressionFault, text: string): string | undefined {
  const scoped = /^\s*(\w+)\s*[:/ ]\s*([\w-]+)\s*$/.exec(text)
  const scope = scoped === null ? undefined : scopeMeant(scoped[1]!)
  if (scope !== undefined) return `Did you mean '${scope}.${scoped?.[2]}'?`
  if (/^\s*\$\w/.test(text)) return environment
  if (isForeign(text)) return "A literal '<<' (a shell here-document, for instance) is written '\\<<' in version 2.1"
  if (fault.lexeme === "'") return 'Texts in expressions stand in double quotes'
  if (/=~/.test(text)) return 'A pattern is compared by: matches /^v.*/'
  if (expressionMessage(fault).startsWith('Incomplete token, expected "=="')) return "A comparison is written '=='"
  if (fault.errorType === 'Interpreter/EXPECTED_PATTERN_OPERAND')
    return 'Write the pattern between slashes: matches /^v.*/'
  if (fault.errorType === 'Parser/UNKNOWN_BUILTIN_FUNCTION')
    return 'Operators are ==, !=, and, or, not, starts-with, contains and matches'
  if (fault.lexeme === '[' || /^\s*\$/.test(text))
    return 'Values are compared one by one: pipeline.git.branch == "main" or pipeline.git.branch == "next"'
  if (fault.lexeme === '&' || fault.lexeme === '|') return "Write 'and' and 'or'"
  return undefined
}

/** Whether the shell was meant: a word that is no value, before the lines of its text or without any value at all. */
export function isForeign(text: string): boolean {
  const inner = text.trim()
  if (!namespace.test(inner)) return /^[A-Za-z_]/.test(inner) || hereDocument.test(inner)
  return hereDocument.test(inner) && /<<|\n/.test(inner)
}

/**
 * What to do about a name that stands for nothing.
 * @param text the expression or reference it stands in
 */
export function unknownHint(cx: ResolveContext, name: string, scope: Scope, text: string): string {
  const head = name.split('.', 1)[0]!
  const bare = name.slice(head.length + 1)
  if (head === 'parameters') return parameterHint(bare, scope)
  if (head === 'pipeline') return pipelineHint(cx, name, scope)
  if (head === 'matrix') return matrixHint(bare, scope)
  if (bare === '') return wordHint(cx, name, scope, text)
  if (/^(?:env|environment|secrets|vars)$/i.test(head)) return environment
  const meant = scopeMeant(head)
  if (meant !== undefined) return `Did you mean '${meant}.${bare}'?`
  return "Values begin with 'parameters.', 'pipeline.' or 'matrix.'; a literal '<<' is written '\\<<'"
}

function scopeMeant(head: string): string | undefined {
  if (/^(?:params?|args?|arguments|inputs?)$/i.test(head)) return 'parameters'
  return nearest(head.slice(0, 100), ['parameters', 'pipeline', 'matrix'])
}

function parameterHint(bare: string, scope: Scope): string {
  const found = nearest(bare, scope.parameters?.keys() ?? [])
  if (found !== undefined) return `Did you mean 'parameters.${found}'?`
  if (scope.matrix?.has(bare) === true) return `Did you mean 'matrix.${bare}'?`
  const names = [...(scope.parameters?.keys() ?? [])]
  if (names.length > 0) return `Declared here: ${listed(names)}`
  return "Declare it under 'parameters:' of the job, command or executor this stands in"
}

function pipelineHint(cx: ResolveContext, name: string, scope: Scope): string {
  if (name.startsWith(parameterPrefix) && !scope.space.main)
    return 'Pipeline parameters are not visible inside orbs; pass the value as an argument'
  const parameters = [...cx.pipelineParameters.keys()]
  const meant = didYouMeanPipelineValue(name, parameters)
  if (meant !== undefined) return meant
  if (!name.startsWith(parameterPrefix))
    return "Values of a pipeline are 'pipeline.number', 'pipeline.git.branch' and more"
  const declared = parameters.length === 0 ? '' : `; declared there: ${listed(parameters)}`
  return `Declare it under 'parameters:' at the top of the config${declared}`
}

function matrixHint(bare: string, scope: Scope): string {
  if (scope.parameters?.has(bare) === true) return `Did you mean 'parameters.${bare}'?`
  if (scope.matrix === undefined) return 'Matrix values are visible only in the workflow entry that carries the matrix'
  const names = [...scope.matrix.keys()]
  const found = nearest(bare, names)
  return found === undefined ? `The matrix here has: ${listed(names)}` : `Did you mean 'matrix.${found}'?`
}

/** A name without a dot: a parameter without its scope, a text without its quotes, or the shell's. */
function wordHint(cx: ResolveContext, name: string, scope: Scope, text: string): string {
  const scopes: readonly (readonly [string, { has(key: string): boolean } | undefined])[] = [
    ['parameters', scope.parameters],
    ['matrix', scope.matrix],
    ['pipeline.parameters', scope.space.main ? cx.pipelineParameters : undefined],
  ]
  const owner = scopes.find(([, names]) => names?.has(name) === true)?.[0]
  if (owner !== undefined) return `Did you mean '${owner}.${name}'?`
  if (namespace.test(text)) return `A text stands in double quotes: "${name}"`
  return "Values begin with 'parameters.', 'pipeline.' or 'matrix.'; a literal '<<' is written '\\<<'"
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, maxNamed).join(', ')}${names.length > maxNamed ? ', …' : ''}`
}
