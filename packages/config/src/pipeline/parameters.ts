import type { Span } from '@rondo/model'
import { didYouMean } from '../did-you-mean.ts'
import type { ResolveContext } from '../resolve/context.ts'
import { checkPipelineParameterName, hasType, readDeclarations, reportArgumentType } from '../resolve/parameters.ts'
import type { Node } from '../tree/node.ts'
import { scalarNode } from '../tree/node.ts'

const allowed = ['string', 'boolean', 'integer', 'enum']

export interface PipelineParameters {
  readonly values: ReadonlyMap<string, string | number | boolean>
  readonly broken: ReadonlySet<string>
}

/** Defaults overlaid by what the trigger gave, strictly typed (semantics 3.3 and 4.1). */
export function resolvePipelineParameters(
  cx: ResolveContext,
  node: Node | undefined,
  given: Readonly<Record<string, unknown>>,
  root: Span,
): PipelineParameters {
  const declarations = readDeclarations(cx, node, 'the pipeline', checkPipelineParameterName)
  const values = new Map<string, string | number | boolean>()
  const broken = new Set<string>()
  for (const [name, declaration] of declarations) {
    const value = declaration === undefined ? undefined : parameterValue(cx, declaration, given)
    if (value === undefined) broken.add(name)
    else values.set(name, value)
  }
  for (const name of Object.keys(given)) {
    if (declarations.has(name)) continue
    cx.report.error('pipeline-parameter', node?.span ?? root, `Unexpected argument(s): ${name}`, {
      hint: didYouMean(name, declarations.keys()) ?? "Declare it under 'parameters:' at the top of the config",
    })
  }
  return { values, broken }
}

type Declaration = NonNullable<ReturnType<ReturnType<typeof readDeclarations>['get']>>

function parameterValue(
  cx: ResolveContext,
  declaration: Declaration,
  given: Readonly<Record<string, unknown>>,
): string | number | boolean | undefined {
  if (!allowed.includes(declaration.type)) {
    const message = `Pipeline parameter '${declaration.name}' has type ${declaration.type}; allowed are ${allowed.join(', ')}`
    cx.report.error('parameter-declaration', declaration.span, message)
    return undefined
  }
  if (declaration.default === undefined) {
    cx.report.error(
      'parameter-declaration',
      declaration.span,
      `Pipeline parameter '${declaration.name}' needs a default`,
      { hint: "Add 'default:': a push starts pipelines, too, and gives no parameters" },
    )
    return undefined
  }
  if (refersToParameter(declaration.default)) {
    const message = `The default of pipeline parameter '${declaration.name}' refers to another pipeline parameter`
    const hint = 'Pipeline parameters are not visible where they are declared; write the value out'
    cx.report.error('parameter-declaration', declaration.default.span, message, { hint })
    return undefined
  }
  if (!Object.hasOwn(given, declaration.name)) return exact(cx, declaration, declaration.default)
  const value = toNode(given[declaration.name], declaration.span)
  if (hasType(declaration, value)) return exact(cx, declaration, value)
  reportArgumentType(cx, declaration, value, declaration.span, undefined)
  return undefined
}

/** The value, unless it is an integer that would lose digits on its way through JSON, to a continuation for instance. */
function exact(cx: ResolveContext, { name, span }: Declaration, node: Node): string | number | boolean | undefined {
  const value = plain(node)
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const message = `The integer of pipeline parameter '${name}' has more digits than can be kept: at most ${Number.MAX_SAFE_INTEGER}`
  cx.report.error('parameter-default', node.span.end > node.span.start ? node.span : span, message, {
    hint: 'Give the parameter the type string',
  })
  return undefined
}

function refersToParameter(node: Node): boolean {
  return node.kind === 'scalar' && node.templated && /<<\s*pipeline\.parameters\./.test(String(node.value))
}

function plain(node: Node): string | number | boolean | undefined {
  return node.kind === 'scalar' && node.value !== null ? node.value : undefined
}

function toNode(value: unknown, span: Span): Node {
  const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return scalarNode(simple ? value : null, span)
}
