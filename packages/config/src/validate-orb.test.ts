import { describe, expect, it } from 'vitest'
import { validateOrb } from './validate-orb.ts'

const codes = (source: string) => validateOrb(source).map(({ code }) => code)

describe('an orb', () => {
  it('that holds together has nothing to be said about', () => {
    const source = `version: 2.1
description: d
commands:
  a: {parameters: {p: {type: string}, then: {type: steps, default: []}}, steps: [{run: << parameters.p >>}, {steps: << parameters.then >>}]}
  b: {steps: [{a: {p: x, then: [checkout]}}, {when: {condition: true, steps: [checkout]}}]}
executors: {default: {parameters: {t: {type: string, default: x}}, docker: [{image: "i:<< parameters.t >>"}]}}
jobs: {j: {executor: default, steps: [b]}}
examples: {e: {usage: {version: 2.1, jobs: {build: {steps: [{run: << pipeline.parameters.q >>}]}}}}}`

    expect(validateOrb(source)).toEqual([])
  })

  it.each([
    ['workflows: {}', 'unknown-key'],
    ['commands: {a: {steps: [{run: << parameters.p >>}]}}', 'undeclared-parameter'],
    ['commands: {a: {steps: [nothing]}}', 'unknown-command'],
    ['commands: {a: {steps: [{b: {x: 1}}]}, b: {steps: []}}', 'unexpected-argument'],
    ['commands: {a: {steps: [b]}, b: {parameters: {x: {type: string}}, steps: []}}', 'missing-argument'],
    ['commands: {a: {}}', 'missing-key'],
    ['jobs: {j: {executor: none, steps: []}}', 'unknown-executor'],
    ['jobs: {j: {parameters: {p: {type: text}}, steps: []}}', 'parameter-declaration'],
    ['commands: {a: other/b}', 'unknown-orb'],
    ['orbs: {o: not a reference}\ncommands: {a: {steps: [o/x]}}', 'orb-reference'],
  ])('with %s is refused: %s', (body, code) => {
    expect(codes(`version: 2.1\n${body}`)).toEqual([code])
  })

  it.each([
    ['display: {home_url: [1]}', 'expected-type'],
    ['display: {homeurl: x}', 'ignored-key'],
    ['examples: {e: {description: x}}', 'missing-key'],
    ['examples: {e: {usage: {version: 2.1}, sage: x}}', 'ignored-key'],
  ])('that describes itself by %s is warned of: %s', (body, code) => {
    expect(validateOrb(`version: 2.1\n${body}`)).toMatchObject([{ severity: 'warning', code }])
  })

  it('of version 2 is refused', () => {
    expect(codes('version: 2\ncommands: {}')).toEqual(['version'])
  })
})
