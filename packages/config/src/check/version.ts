import { nearest } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import type { MapNode } from '../tree/node.ts'
import { child } from '../tree/node.ts'

/** The language a config is written in; undefined when it names none that we know, which is reported. */
export function readVersion(report: Report, root: MapNode): 2 | 2.1 | undefined {
  const node = child(root, 'version')
  if (node === undefined) {
    const slip = [...root.entries.values()].find(({ key }) => nearest(key, ['version']) !== undefined)
    const hint = slip === undefined ? "Begin the file with 'version: 2.1'" : "Did you mean 'version'?"
    report.error(
      'version',
      slip?.keySpan ?? { ...root.span, end: root.span.start + 1 },
      'required key [version] not found at the top of the config',
      { hint },
    )
    return undefined
  }
  const text = node.kind === 'scalar' ? node.text.trim() : ''
  if (/^2\.10*$/.test(text)) return 2.1
  if (/^2(\.0*)?$/.test(text)) return 2
  const old = text === '1' || text === '1.0'
  const hint = old ? 'Configs of version 1 are no longer run; rewrite it for version 2.1' : "Write 'version: 2.1'"
  report.error('version', node.span, `Version '${text}' of the config language is not supported; 2 and 2.1 are`, {
    hint,
  })
  return undefined
}

const template = /^[^#\n]*?(<<\s*(?:pipeline|parameters)\.[\w.-]+\s*>>)/m

/** Version 2 has no templates (semantics 5): what reads like one reaches the job as it is written. */
export function warnOfTemplates(report: Report, source: string, file: string): void {
  const found = template.exec(source)
  if (found === null) return
  const start = found.index + found[0].length - found[1]!.length
  const message = `Version 2 has no templates: ${found[1]!.slice(0, 100)} stays as it is written`
  report.warn('version', { file, start, end: start + found[1]!.length }, message, {
    hint: "Write 'version: 2.1' at the top",
  })
}
