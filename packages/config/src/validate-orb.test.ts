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
    ['jobs: {j: {machine: true, parameters: {p: {type: text}}, steps: []}}', 'parameter-declaration'],
    ['commands: {a: other/b}', 'unknown-orb'],
    ['commands: {f: {steps: [run: {commnd: 1}]}}', 'unknown-key'],
    ['commands: {f: {steps: [run]}}', 'missing-key'],
    ['commands: {f: {steps: [{when: {condition: true, steps: [{run: {}}]}}]}}', 'missing-key'],
    ['commands: {f: {parameters: {t: {type: string}}, steps: [save_cache: {key: << parameters.t >>}]}}', 'missing-key'],
    ['jobs: {j: {machine: true, steps: [run: {command: x, when: never}]}}', 'invalid-value'],
    ['jobs: {j: {machine: true, parallelism: many, steps: []}}', 'expected-type'],
    ['jobs: {j: {machine: true, stps: 1, steps: []}}', 'unknown-key'],
    ['jobs: {j: {steps: []}}', 'executor-choice'],
    ['jobs: {j: {machine: true, steps: }}', 'expected-type'],
    ['executors: {e: {docker: [{image: x, auth: none}]}}', 'expected-type'],
    ['executors: {e: {machine: true, docker: [{image: x}]}}', 'executor-choice'],
    ['executors: {f: {}}', 'executor-choice'],
    ['executors: {e: {machine: true, parallelism: 3}}', 'unknown-key'],
    ['commands: {a: {steps: checkout}}', 'expected-type'],
    ['commands: {a: {steps: [1]}}', 'step-shape'],
    ['commands: {a: {steps: [b]}, b: {steps: [a]}}', 'recursion'],
    ['commands: {a: {steps: [{b: {then: [a]}}]}, b: {parameters: {then: {type: steps}}, steps: []}}', 'recursion'],
    ['commands: {a: {steps: [{b: {n: x}}]}, b: {parameters: {n: {type: integer}}, steps: []}}', 'argument-type'],
    ['commands: {a: {steps: [{b: x}]}, b: {steps: []}}', 'expected-type'],
    ['commands: {a: {steps: [{run: << pipeline.parameters.x >>}]}}', 'unknown-variable'],
    ['commands: {a: {steps: [{run: << pipeline.parameters.x == "y" >>}]}}', 'unknown-variable'],
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

  it('that names no image is refused, and warned of what it says instead', () => {
    expect(validateOrb('version: 2.1\nexecutors: {e: {docker: [{img: x}]}}')).toMatchObject([
      { severity: 'error', code: 'missing-key', message: "required key [image] not found in an image of executor 'e'" },
      { severity: 'warning', code: 'ignored-key' },
    ])
  })

  it.each([
    'commands: {a: {parameters: {again: {type: boolean, default: false}}, steps: [{when: {condition: << parameters.again >>, steps: [a]}}]}}',
    'commands: {a: {parameters: {m: {type: string}}, steps: [{checkout: {method: << parameters.m >>, depth: 2}}]}}',
    'commands: {a: {parameters: {k: {type: string}}, steps: [{run: {<< parameters.k >>: x}}]}}',
    'commands: {a: {parameters: {w: {type: string}, n: {type: integer}}, steps: [{run: {command: "<< parameters.w >>", when: << parameters.w >>, no_output_timeout: << parameters.n >>m, max_auto_reruns: << parameters.n >>}}]}}',
    'commands: {a: {parameters: {n: {type: integer}}, steps: [{b: {n: << parameters.n >>}}]}, b: {parameters: {n: {type: integer}}, steps: []}}',
    'commands: {a: {parameters: {s: {type: steps}}, steps: << parameters.s >>}}',
    'commands: {a: {description: "<< pipeline.parameters.x >>", steps: [{run: "echo << pipeline.number >>"}]}}',
    'executors: {e: {parameters: {i: {type: string}}, docker: [{image: << parameters.i >>, auth: {username: $U, password: << parameters.i >>}}], shell: << parameters.i >>}}',
    'executors: {e: {parameters: {m: {type: boolean}}, machine: << parameters.m >>, docker: [{image: x}]}}',
    'jobs: {j: {parameters: {e: {type: executor}, n: {type: integer}}, executor: << parameters.e >>, parallelism: << parameters.n >>, steps: [checkout]}}',
  ])('leaves open what an argument decides: %s', (body) => {
    expect(validateOrb(`version: 2.1\n${body}`)).toEqual([])
  })

  it('whose imports do not exist is refused, used or not', () => {
    const source = 'version: 2.1\norbs: {q: acme/none@1}'

    expect(validateOrb(source, { orbs: { resolve: () => undefined } })).toMatchObject([{ code: 'orb-not-found' }])
    expect(validateOrb(source)).toEqual([])
  })

  it.each([
    ['a step of another shape', 'commands: {c: {steps: [{when: , condition: true, steps: [checkout]}]}}'],
    ['an unknown command', 'jobs: {j: {docker: [{image: a}], steps: [nosuch]}}'],
    ['an unknown key', 'jobs: {j: {docker: [{image: a}], steps: [], foo: 1}}'],
    ['a wrong default', 'commands: {c: {parameters: {p: {type: integer, default: x}}, steps: []}}'],
    ['a key of configs', 'setup: true'],
  ])('that was published elsewhere with %s is warned of only', (_what, body) => {
    const source = `version: 2.1\n${body}`

    const told = validateOrb(source, { published: true })

    expect(validateOrb(source).some(({ severity }) => severity === 'error')).toBe(true)
    expect(told.length).toBeGreaterThan(0)
    expect(told.every(({ severity }) => severity === 'warning')).toBe(true)
  })

  it.each([
    ['no YAML', 'commands: [', 'yaml-syntax'],
    ['imports that do not exist', 'orbs: {q: acme/none@1}', 'orb-not-found'],
    ['workflows', 'workflows: {w: {jobs: [a]}}', 'unknown-key'],
  ])('that was published elsewhere and is of no use is refused: %s', (_what, body, code) => {
    const told = validateOrb(`version: 2.1\n${body}`, { published: true, orbs: { resolve: () => undefined } })

    expect(told).toMatchObject([{ code, severity: 'error' }])
  })

  it('of version 2 is refused', () => {
    expect(codes('version: 2\ncommands: {}')).toEqual(['version'])
  })
})
