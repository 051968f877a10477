import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../limits.ts'
import { hasReference, readReference, referenceFiles } from '../../reference/reference-folder.ts'
import { createReport } from '../../report.ts'
import { generator, mutate, pick } from '../../testing/mutate.ts'
import type { Node } from '../node.ts'
import { readWithLibrary } from '../read-library.ts'
import type { DefinedAnchor } from './fast-builder.ts'
import { FastBuilder } from './fast-builder.ts'
import { readFast } from './read-block.ts'

const constructs = `a: plain
b: 'it''s'
c: "tab\\t and \\u00e9"
d: [1, two, "three", 'four', [x], {y: z}, {w}, {v: }, run: all]
e: {f: g, "h":i, 'j': [k], <<: &m {n: o}}
p: plain over
  two lines

  and a gap # comment
q: 'quoted over

  lines '
r: "and
  double"
s: |
  literal
    further in

  end
t: >-
  folded
  text

    kept
    lines
  end

u: |2-

  stated
v: |+
  kept

w: &anchor
  - item
  - nested: map
    with: keys
  -
    - deep
  - - compact
    - list
  - |
    text
x:
- same
- column
y: *anchor
z:
  <<: *m
  n: again
empty:
tagged: !!str 12
more tags: [!!int '1', {a: !!str 2}]
number: !!int "12"
boolean: &yes !!bool 'yes'
words: !!float |
  1.5
"quoted key" : 1
list: [
  over, # lines
    of,
    text
  ]
- no: key
`
const seeds = [constructs.replace('- no: key\n', '').replace('\n  ]', '\n    ]'), constructs]

describe('the fast reader', () => {
  it('reads every construct it is made for', () => {
    expect(read(seeds[0]!)).toMatchObject({ kind: 'map' })
    expect(read(seeds[1]!)).toBeUndefined()
  })

  it('reads whatever it reads as the library does', () => {
    const random = generator(7)
    const plain = [...seeds, ...referenceSources()]
    const windows = plain.map((source) => source.replaceAll('\n', '\r\n'))
    const sources = [...plain, ...windows, `\ufeff${seeds[0]}`]
    const mutants = Array.from({ length: 4_000 }, () => mutate(pickWindow(pick(sources, random), random), random))
    let accepted = 0

    for (const source of [...sources, ...mutants]) {
      const builder = new FastBuilder('f', defaultLimits, createReport(10))
      const fast = readFast(source, builder)
      if (fast === undefined) continue
      accepted += 1
      const report = createReport(10)
      const library = readWithLibrary(source, 'f', defaultLimits, report)
      expect(
        report.diagnostics.filter(({ severity }) => severity === 'error'),
        source,
      ).toEqual([])
      expect(difference(fast, library!.root, source), source).toBeUndefined()
      expect(namesOf(builder.unusedAnchors()), source).toEqual(namesOf(library!.unusedAnchors))
    }

    // Mutants of our two texts alone are seldom readable.
    expect(accepted).toBeGreaterThan(hasReference ? 500 : 50)
  })
})

function read(source: string): Node | undefined {
  return readFast(source, new FastBuilder('f', defaultLimits, createReport(10)))
}

function namesOf(anchors: readonly DefinedAnchor[]): readonly string[] {
  return anchors.map(({ name }) => name)
}

function referenceSources(): readonly string[] {
  const sources = ['real', 'cases', 'golden'].flatMap((folder) =>
    referenceFiles(folder).map((path) => readReference(`${folder}/${path}`)),
  )
  return sources.filter((source) => source.length < 6_000)
}

/** A few lines of a text, moved to the left margin half of the time, so that they make a text of their own. */
function pickWindow(source: string, random: () => number): string {
  const lines = source.split('\n')
  const from = Math.floor(random() * lines.length)
  const shown = lines.slice(from, from + 25)
  const margin = random() < 0.5 ? 0 : /^ */.exec(shown[0] ?? '')![0].length
  return shown.map((line) => line.slice(Math.min(margin, /^ */.exec(line)![0].length))).join('\n')
}

/** Where two trees differ; the library lets collections reach to the next token, and puts empty values behind blanks. */
function difference(fast: Node, library: Node, source: string): string | undefined {
  if (fast.kind !== library.kind || fast.templated !== library.templated) return `kind at ${fast.span.start}`
  const empty = fast.kind === 'scalar' && fast.text === ''
  if (fast.span.start !== library.span.start && !empty) return `start at ${fast.span.start}`
  const between = source.slice(fast.span.end, library.span.end)
  if (!empty && (fast.span.end > library.span.end || !/^(\s|#[^\n]*(\n|$))*$/.test(between)))
    return `end at ${fast.span.end}`
  if (fast.kind === 'scalar' && library.kind === 'scalar') {
    return Object.is(fast.value, library.value) && fast.text === library.text ? undefined : `text at ${fast.span.start}`
  }
  const [ours, theirs] = [childrenOf(fast), childrenOf(library)]
  if (ours.length !== theirs.length) return `length at ${fast.span.start}`
  for (const [index, [key, child]] of ours.entries()) {
    const [otherKey, other] = theirs[index]!
    if (key !== otherKey) return `key ${key} at ${fast.span.start}`
    const found = difference(child, other, source)
    if (found !== undefined) return found
  }
  return undefined
}

function childrenOf(node: Node): readonly (readonly [string, Node])[] {
  if (node.kind === 'map') {
    return [...node.entries.values()].map(({ key, keySpan, value }) => [
      `${key} ${keySpan.start}-${keySpan.end}`,
      value,
    ])
  }
  return node.kind === 'list' ? node.items.map((item) => ['', item]) : []
}
