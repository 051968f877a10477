import type { Report } from '../report.ts'
import type { Node, ScalarNode } from '../tree/node.ts'
import { scalarNode } from '../tree/node.ts'

/** The closing parenthesis may be missing: orbs that are published leave it out. */
const directive = /^<<\s*include\(([-\w/.]+)\)?\s*>>$/
const attempt = /<<\s*include\(/g
const cure = "Write '<<include(scripts/build.sh)>>' as the whole value: a path of letters, digits and '-_./'"

/**
 * A text that is `<<include(path)>>` becomes the text of that file, whose own `<<` are escaped because they mean nothing
 * to the config. Among other text, and beside others, an include is refused (semantics 29).
 */
export function includeFiles(node: ScalarNode, read: (path: string) => string | undefined, report: Report): Node {
  if (typeof node.value !== 'string') return node
  const attempts = node.value.match(attempt)?.length ?? 0
  if (attempts === 0) return node
  const path = directive.exec(node.value)?.[1]
  if (path === undefined) {
    report.error('invalid-value', node.span, refusal(node.value, attempts), { hint: cure })
    return node
  }
  const content = read(path)
  if (content !== undefined) return scalarNode(content.replaceAll('<<', '\\<<'), node.span)
  report.error('invalid-value', node.span, `There is no file ${path} to include`, {
    hint: 'Give the path from the folder that holds @orb.yml, without leaving it',
  })
  return node
}

function refusal(text: string, attempts: number): string {
  if (attempts > 1) return `One value includes ${attempts} files; it may include one, and hold nothing else`
  const isAlone = /^<<\s*include\([^)]*\)?\s*>>$/.test(text)
  return isAlone ? 'An include here cannot be read' : 'An include stands among other text; it must be the whole value'
}
