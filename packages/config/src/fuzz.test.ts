import { expect, it } from 'vitest'
import { compileText } from './testing/compile-text.ts'

const seedConfig = `version: 2.1
parameters: {deploy: {type: boolean, default: false}, tag: {type: string, default: "1"}}
orbs:
  o: {commands: {say: {parameters: {to: {type: string}}, steps: [{run: "echo << parameters.to >>"}]}}}
anchors: &base
  docker: [{image: alpine}]
executors: {e: {parameters: {t: {type: string, default: x}}, docker: [{image: "a:<< parameters.t >>"}]}}
commands:
  c: {parameters: {s: {type: steps, default: []}}, steps: [checkout, {steps: << parameters.s >>}, {when: {condition: {not: false}, steps: [{run: x}]}}]}
jobs:
  build: {<<: *base, steps: [{c: {s: [{o/say: {to: me}}]}}, {save_cache: {key: k, paths: [a]}}]}
  test: {parameters: {v: {type: string}}, executor: {name: e, t: << parameters.v >>}, steps: [{run: {command: "cat \\\\<<EOF", when: always}}]}
workflows:
  w:
    when: pipeline.git.branch == "main" or << pipeline.parameters.deploy >>
    jobs:
      - build
      - test: {matrix: {parameters: {v: ["1", "2"]}}, requires: [build], filters: {branches: {only: /m.*/}}}
      - hold: {type: approval, requires: [test]}
`
const insertions = [
  '<<',
  '>>',
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '&a ',
  '*base',
  '<<: *base\n',
  '"',
  "'",
  '|\n',
  '\t',
  '\n',
  '\0',
  '!!int ',
  '? ',
  '---\n',
  'null',
  '1e999',
  '<<# x >>',
  '\\<<',
  'when: ',
  'matrix: ',
  '__proto__: ',
]

/** A small repeatable generator: the same seed finds the same input again. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function mutate(source: string, random: () => number): string {
  let text = source
  for (let count = 1 + Math.floor(random() * 5); count > 0; count -= 1) {
    const from = Math.floor(random() * text.length)
    const to = from + Math.floor(random() * 40)
    const kind = random()
    if (kind < 0.35) text = text.slice(0, from) + text.slice(to)
    else if (kind < 0.8)
      text = text.slice(0, from) + insertions[Math.floor(random() * insertions.length)] + text.slice(from)
    else text = text.slice(0, to) + text.slice(from)
  }
  return text
}

it('never throws, never takes long and keeps spans inside the text, whatever a config is turned into [S-27]', () => {
  const random = generator(20)
  for (let run = 0; run < 600; run += 1) {
    const source = mutate(seedConfig, random)
    const start = performance.now()

    const { plan, diagnostics } = compileText(source)

    expect(performance.now() - start, source).toBeLessThan(1_000)
    expect(
      diagnostics.filter(({ code }) => code === 'internal'),
      source,
    ).toEqual([])
    expect(plan === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'))
    for (const { span } of diagnostics)
      expect(span.start >= 0 && span.start <= span.end && span.end <= source.length + 1, source).toBe(true)
  }
}, 60_000)

it('compiles the config it starts from', () => {
  expect(Object.keys(compileText(seedConfig).plan?.jobs ?? {})).toEqual(['build', 'test-1', 'test-2'])
})
