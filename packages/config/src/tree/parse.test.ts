import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { createReport } from '../report.ts'
import { compileText } from '../testing/compile-text.ts'
import { child } from './node.ts'
import { parseTree } from './parse.ts'
import { plainValue } from './same-value.ts'

const read = (source: string, limits = {}) => {
  const report = createReport(10)
  const tree = parseTree(source, 'f.yml', { ...defaultLimits, ...limits }, report)
  return { tree, messages: report.diagnostics.map(({ code, message }) => `${code}: ${message}`) }
}
const value = (source: string) => plainValue(child(read(`v: ${source}`).tree, 'v')!)

describe('plain scalars', () => {
  it.each([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['~', null],
    ['', null],
    ['12', 12],
    ['-3', -3],
    ['1_000', 1000],
    ['0x1F', 31],
    ['2.50', 2.5],
    ['1e3', 1000],
    ['010', '010'],
    ['1:30', '1:30'],
    ['2024-01-01', '2024-01-01'],
    ['1.2.3', '1.2.3'],
    ['"1"', '1'],
    ["'yes'", 'yes'],
    ['!!str 1', '1'],
    ['.', '.'],
  ])('%s is %j', (source, expected) => {
    expect(value(source)).toEqual(expected)
  })

  it('keep the text they were written as', () => {
    expect(child(read('v: 3.10').tree, 'v')).toMatchObject({ value: 3.1, text: '3.10' })
  })
})

describe('a text in lines at the end of a file without a line end', () => {
  it.each([
    ['|\n  x', 'x'],
    ['>\n  x\n  y', 'x y'],
    ['|+\n  x', 'x'],
    ['|\n  x\n', 'x\n'],
    ['|\n  x\n ', 'x\n'],
    ['|+\n  x\n\n', 'x\n\n'],
    ['!!str |\n  x', 'x'],
    ['&a |\n  x', 'x'],
  ])('%j has none either: %j', (source, expected) => {
    expect(value(source)).toBe(expected)
    // Beyond the fast reader, for the other one to read.
    expect(plainValue(child(read(`? k\n: 1\nv: ${source}`).tree, 'v')!)).toBe(expected)
  })
})

describe('anchors and merge keys', () => {
  it('an anchor of a key names its text', () => {
    expect(
      compileText('version: 2.1\n&b build: x\ny: *b\njobs: {*b : {docker: [{image: a}], steps: []}}').plan,
    ).toBeDefined()
  })

  it('an anchor that is used under its second meaning only is unused under its first', () => {
    const source = 'version: 2.1\na: &x 1\nb: &x 2\nc: *x\njobs: {build: {docker: [{image: a}], steps: []}}'

    expect(compileText(source).diagnostics).toMatchObject([{ code: 'unused-anchor', span: { start: 16, end: 18 } }])
  })

  it('take the latest definition before an alias', () => {
    expect(plainValue(child(read('a: &x 1\nb: *x\nc: &x 2\nv: *x').tree, 'v')!)).toBe(2)
  })

  it('let explicit keys win over merged ones, and earlier maps over later ones', () => {
    const { tree } = read(
      'a: &a {p: 1, q: 1}\nb: &b {p: 2, r: 2}\nv: {<<: [*a, *b], q: 9}\nw:\n  <<: *b\n  s: 3\n  <<: *a',
    )

    expect(plainValue(child(tree, 'v')!)).toEqual({
      map: [
        ['p', 1],
        ['q', 9],
        ['r', 2],
      ],
    })
    expect(plainValue(child(tree, 'w')!)).toEqual({
      map: [
        ['p', 2],
        ['r', 2],
        ['s', 3],
        ['q', 1],
      ],
    })
  })

  it('that are unknown are named with the nearest one', () => {
    const { messages } = read('a: &base 1\nb: *bas')

    expect(messages).toEqual(["yaml-anchor: unknown anchor 'bas' referenced"])
  })
})

describe('limits', () => {
  it('refuse an alias bomb quickly [S-27]', () => {
    const level = (name: string, from: string) => `${name}: &${name} [${Array(10).fill(`*${from}`).join(', ')}]\n`
    const bomb = `a: &a [1]\n${[...'bcdefghij'].map((name, index) => level(name, 'abcdefghij'[index]!)).join('')}`

    expect(read(bomb).messages).toEqual([expect.stringMatching(/^limit: Written out, the aliases/)])
  })

  it.each([
    ['sourceCharacters', 'a: 1', 3, 4],
    ['depth', 'a: [[[1]]]', 4, 5],
    ['nodes', 'a: [1, 2, 3]', 4, 5],
  ])('%s are kept to the letter [S-27]', (limit, source, below, enough) => {
    expect(read(source, { [limit]: below }).messages).toEqual([expect.stringMatching(/^limit: /)])
    expect(read(source, { [limit]: enough }).messages).toEqual([])
  })

  it('stop nesting before the reader does', () => {
    expect(read(`a: ${'['.repeat(100_000)}`).messages).toEqual([expect.stringMatching(/^limit: Brackets/)])
  })
})

it('keeps the span of every value', () => {
  const source = 'version: 2.1\njobs:\n  build: text'

  const node = child(child(read(source).tree, 'jobs'), 'build')

  expect(source.slice(node!.span.start, node!.span.end)).toBe('text')
})

it('refuses roots that are no map, and second documents', () => {
  expect(read('- 1').messages).toEqual([expect.stringMatching(/^root: /)])
  expect(read('').messages).toEqual([expect.stringMatching(/^root: .*empty/)])
  expect(read('a: 1\n---\nb: 1').messages).toEqual([expect.stringMatching(/^yaml-syntax: .*second one/)])
})

it('takes keys of the object prototype as plain keys', () => {
  expect(plainValue(read('__proto__: 1\nconstructor: 2').tree!)).toEqual({
    map: [
      ['__proto__', 1],
      ['constructor', 2],
    ],
  })
})
