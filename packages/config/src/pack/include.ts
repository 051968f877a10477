import type { Report } from '../report.ts'
import type { Node, ScalarNode } from '../tree/node.ts'
import { scalarNode } from '../tree/node.ts'

const whole = /^\s*<<\s*include\(([^)]*)\)\s*>>\s*$/
const anywhere = /<<\s*include\(/

/**
 * A text that is nothing but `<<include(path)>>` becomes the text of that file, whose own `<<` are escaped because they
 * mean nothing to the config (semantics 29).
 */
export function includeFile(node: ScalarNode, read: (path: string) => string | undefined, report: Report): Node {
  if (typeof node.value !== 'string' || !anywhere.test(node.value)) return node
  const path = whole.exec(node.value)?.[1]?.trim()
  if (path === undefined) {
    report.error('invalid-value', node.span, 'An include must be the whole value, and the only one in it', {
      hint: "Write '<<include(scripts/build.sh)>>' and nothing else",
    })
    return node
  }
  const text = read(path)
  if (text === undefined) {
    report.error('invalid-value', node.span, `There is no file ${path} to include`, {
      hint: 'Give the path from the folder that holds @orb.yml, without leaving it',
    })
    return node
  }
  return scalarNode(text.replaceAll('<<', '\\<<'), node.span)
}
