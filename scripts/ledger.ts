import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Row {
  readonly id: string
  readonly area: string
  /** R runtime, O operation, P packaging, X policy; `?` for implied rows, which have none. */
  readonly kind: string
}

/** Rows of the ledger: 469 of the documents and 94 implied. A row lost by a slip of editing must not go unseen. */
const rowCount = 563

/** Requirement rows of docs/ledger.md in their order. */
export function readRows(document: string): readonly Row[] {
  let area = ''
  return document.split('\n').flatMap((line) => {
    area = /^#{2,3} (.+)$/.exec(line)?.[1] ?? area
    const cells = line.split('|').map((cell) => cell.trim())
    if (!/^[LI]-\d{3}$/.test(cells[1] ?? '')) return []
    return [{ id: cells[1] ?? '', area, kind: /^([ROPX])\b/.exec(cells.at(-2) ?? '')?.[1] ?? '?' }]
  })
}

/** Ids in brackets at the end of quoted titles: `… [L-021(a) I-013] [R-31]`. A tag of a part counts for its row. */
export function readTags(testSource: string): readonly string[] {
  const titles = testSource.matchAll(/((?:\[[A-Z]-\d{2,3}[^\]\n]*\] ?)+)(['"`])/g)
  return [...titles].flatMap(([, ids = '']) => ids.match(/[LI]-\d{3}/g) ?? [])
}

/** Lines of the report: per area what is proven, by kind, and the total last. */
export function report(rows: readonly Row[], proven: ReadonlySet<string>): readonly string[] {
  const isProven = (row: Row) => proven.has(row.id)
  const areas = [...Map.groupBy(rows, (row) => row.area)].map(([area, members]) => {
    const kinds = [...Map.groupBy(members, (row) => row.kind)]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([kind, all]) => `${kind} ${all.filter(isProven).length}/${all.length}`)
    const ids = members.filter(isProven).map((row) => row.id)
    const line = `${String(ids.length).padStart(3)} / ${members.length}  ${area}  (${kinds.join(', ')})`
    return ids.length === 0 ? [line] : [line, `           ${ids.join(' ')}`]
  })
  return [...areas.flat(), `${rows.filter(isProven).length} / ${rows.length}`]
}

function testSources(root: string): readonly string[] {
  return ['packages', 'e2e', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => /(\.(test|e2e)\.tsx?|^scenarios\/.*\/expect\.yml)$/.test(path) && !path.includes('node_modules'),
      )
      // The tests of this script speak of ids without proving anything.
      .filter((path) => path !== 'ledger.test.ts')
      .map((path) => readFileSync(join(root, folder, path), 'utf8')),
  )
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const rows = readRows(readFileSync(join(root, 'docs/ledger.md'), 'utf8'))
  const known = new Set(rows.map((row) => row.id))
  const proven = new Set(testSources(root).flatMap(readTags))
  const unknown = [...proven].filter((id) => !known.has(id))
  const problems = [
    ...(known.size === rowCount
      ? []
      : [`docs/ledger.md has ${known.size} rows of different ids instead of ${rowCount}`]),
    ...(unknown.length === 0 ? [] : [`tests name rows that docs/ledger.md does not have: ${unknown.join(' ')}`]),
  ]
  for (const problem of problems) console.error(problem)
  for (const line of report(rows, proven)) console.log(line)
  process.exitCode = problems.length === 0 ? 0 : 1
}
