import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Prints, by area and kind, the requirements that tests prove by the tags in their titles. */
const root = join(import.meta.dirname, '..')
interface Row {
  readonly id: string
  readonly area: string
  readonly kind: string
}

const rows = readRows(readFileSync(join(root, 'docs/ledger.md'), 'utf8'))
const proven = readTags()
const unknown = [...proven].filter((id) => !rows.some((row) => row.id === id))
const areas = Map.groupBy(rows, (row) => row.area)

for (const [area, members] of areas) {
  const done = members.filter((row) => proven.has(row.id))
  const kinds = [...Map.groupBy(members, (row) => row.kind)].map(
    ([kind, all]) => `${kind} ${all.filter((row) => proven.has(row.id)).length}/${all.length}`,
  )
  console.log(
    `${area}: ${done.length} / ${members.length} (${kinds.join(', ')})${done.length > 0 ? `\n    ${done.map((row) => row.id).join(' ')}` : ''}`,
  )
}
if (unknown.length > 0) console.error(`Tags without a row: ${unknown.join(' ')}`)
console.log(`${rows.filter((row) => proven.has(row.id)).length} / ${rows.length}`)
process.exit(unknown.length === 0 ? 0 : 1)

function readRows(text: string): readonly Row[] {
  let area = ''
  return text.split('\n').flatMap((line) => {
    area = /^#{2,3} (.+)$/.exec(line)?.[1] ?? area
    const cells = /^\| ([LI]-\d{3}) \|/.exec(line) ? line.split('|').map((cell) => cell.trim()) : undefined
    if (cells === undefined) return []
    const kind = /^([ROPX])\b/.exec(cells.at(-2) ?? '')?.[1] ?? 'R'
    return [{ id: cells[1] ?? '', area, kind }]
  })
}

function readTags(): ReadonlySet<string> {
  const files = ['packages', 'e2e', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  )
  const tests = files.filter((file) => /\.(test|e2e)\.tsx?$/.test(file) && !file.includes('node_modules'))
  const titles = tests.flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(
        /(?:test|it|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])((?:(?!\1).)*)\1/g,
      ),
    ].map((match) => match[2] ?? ''),
  )
  return new Set(titles.flatMap((title) => /\[([^\]]*)\]\s*$/.exec(title)?.[1]?.match(/[LI]-\d{3}/g) ?? []))
}
