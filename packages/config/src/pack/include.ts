import type { Report } from '../report.ts'
import type { Node, ScalarNode } from '../tree/node.ts'
import { scalarNode } from '../tree/node.ts'

/** The closing parenthesis may be missing: orbs that are published leave it out. */
const directive = /<<\s*include\(([-\w/.]+)\)?\s*>>/g
const attempt = /<<\s*include\(/g

/**
 * Every `<<include(path)>>` of a text, alone in it or among other text, becomes the text of that file, whose own `<<` are
 * escaped because they mean nothing to the config (semantics 29, and the newer official program).
 */
export function includeFiles(node: ScalarNode, read: (path: string) => string | undefined, report: Report): Node {
  if (typeof node.value !== 'string') return node
  const text = node.value
  const attempts = text.match(attempt)?.length ?? 0
  if (attempts === 0) return node
  let found = 0
  const included = text.replace(directive, (whole, path: string) => {
    found += 1
    const content = read(path)
    if (content !== undefined) return content.replaceAll('<<', '\\<<')
    report.error('invalid-value', node.span, `There is no file ${path} to include`, {
      hint: 'Give the path from the folder that holds @orb.yml, without leaving it',
    })
    return whole
  })
  if (found < attempts) {
    report.error('invalid-value', node.span, 'An include here cannot be read', {
      hint: "Write '<<include(scripts/build.sh)>>': a path of letters, digits and '-_./'",
    })
  }
  return scalarNode(included, node.span)
}
