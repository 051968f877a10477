import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrbContent, OrbLookup } from '@rondo/model'
import { afterEach, describe, expect, test } from 'vitest'
import type { Compiler } from './compiler.ts'
import { type CompilerPoolOptions, createCompilerPool } from './compiler-pool.ts'
import { createInlineCompiler } from './inline-compiler.ts'

const good = `version: 2.1
jobs:
  build:
    docker: [{ image: cimg/base:current }]
    steps: [checkout]
workflows:
  main: { jobs: [build] }
`
const request = (source: string) => ({ source, pipelineValues: {}, organizationId: null })

/** Valid, and long to expand: a matrix of many rows of a job with many steps. */
const slow = `version: 2.1
commands:
  c: { parameters: { n: { type: integer } }, steps: [${'{ run: "echo << parameters.n >>" },'.repeat(400)}] }
jobs:
  build:
    parameters: { a: { type: integer }, b: { type: integer } }
    docker: [{ image: cimg/base:current }]
    steps: [${'{ c: { n: << parameters.a >> } },'.repeat(4)}]
workflows:
  main:
    jobs: [{ build: { matrix: { parameters: { a: [${range(45)}], b: [${range(45)}] } } } }]
`

function range(count: number): string {
  return Array.from({ length: count }, (_, index) => index).join(', ')
}

const open: Compiler[] = []
function pool(options: CompilerPoolOptions = {}): Compiler {
  const made = createCompilerPool(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const compiler of open.splice(0)) await compiler.close()
})

describe('the compiling threads', () => {
  test('answer what compiling in place answers', async () => {
    const [there, here] = await Promise.all([
      pool().compile(request(good)),
      createInlineCompiler().compile(request(good)),
    ])

    expect(there).toEqual(here)
    expect(there.plan?.workflows.map((workflow) => workflow.name)).toEqual(['main'])
  })

  test('draw a mistake with its place', async () => {
    const answer = await pool().compile({ ...request(good.replace('checkout', 'chekout')), file: 'a.yml' })

    expect(answer.plan).toBeUndefined()
    expect(answer.problems[0]?.text).toMatch(/^a\.yml:5:13: error: .*chekout[\s\S]*\^{7}/)
  })

  test('fetch the orbs a config reaches, each with the orb that asks', async () => {
    const asked: unknown[] = []
    const orbs = lookup(asked, {
      'ns/outer@1': orb(
        'ns/outer@1.2.3',
        'version: 2.1\norbs: { inner: ns/inner@1 }\ncommands: { go: { steps: [inner/step] } }',
      ),
      'ns/outer@1.2.3 ns/inner@1': orb(
        'ns/inner@1.0.0',
        'version: 2.1\ncommands: { step: { steps: [{ run: fixed }] } }',
      ),
      'ns/inner@1': orb('ns/inner@1.9.0', 'version: 2.1\ncommands: { step: { steps: [{ run: newest }] } }'),
    })
    const source = good
      .replace('checkout', 'outer/go, inner/step')
      .replace('jobs:', 'orbs: { outer: ns/outer@1, inner: ns/inner@1 }\njobs:')

    const answer = await pool({ orbs }).compile({ ...request(source), organizationId: 'o' })

    expect(answer.output).toContain('command: fixed')
    expect(answer.output).toContain('command: newest')
    expect(asked).toEqual([
      [[{ reference: 'ns/outer@1' }, { reference: 'ns/inner@1' }], 'o'],
      [[{ reference: 'ns/inner@1', importer: 'ns/outer@1.2.3' }], 'o'],
    ])
    expect(answer.plan?.orbs.map(({ reference, resolved }) => `${reference} ${resolved}`).sort()).toEqual([
      'ns/inner@1 ns/inner@1.0.0',
      'ns/inner@1 ns/inner@1.9.0',
      'ns/outer@1 ns/outer@1.2.3',
    ])
  })

  test('end a config that uses too much processor time, and go on with the next [S-27]', async () => {
    const compiler = pool({ threads: 1, limits: { cpuMs: 100 } })

    const [ended, next] = await Promise.all([compiler.compile(request(slow)), pool().compile(request(good))])
    const after = await compiler.checkOrb({ source: 'version: 2.1', organizationId: null })

    expect(ended.plan).toBeUndefined()
    expect(ended.problems.map(({ message }) => message)).toEqual([
      'Compiling the config takes more than 0.1 s of processor time',
    ])
    expect(next.plan).toBeDefined()
    expect(after).toEqual({ problems: [], imports: [] })
  })

  test('end a pattern with back-references that would take for ever [S-27]', async () => {
    const condition = `when: { matches: { pattern: '(x+x+)+\\1y', value: ${'x'.repeat(60)} } }`
    const source = good.replace('main: {', `main: { ${condition},`)

    const answer = await pool({ threads: 1, limits: { cpuMs: 300 } }).compile(request(source))

    expect(answer.problems.map(({ message }) => message)).toEqual([
      'Compiling the config takes more than 0.3 s of processor time',
    ])
  })

  test('end a config that uses too much memory [S-27]', async () => {
    const answer = await pool({ limits: { memoryMb: 16, cpuMs: 60_000, wallMs: 60_000 } }).compile(request(slow))

    expect(answer.problems.map(({ message }) => message)).toEqual([
      'Compiling the config takes more than 16 MB of memory',
    ])
  })

  test('leave the event loop free: a request is answered while a config is compiled [S-27]', async () => {
    const server = createServer((_request, response) => response.end('up'))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const compiler = pool({ limits: { cpuMs: 3_600_000, wallMs: 3_600_000, memoryMb: 4_096 } })
    // Without the bounds of the language this one takes far longer than any test.
    const compiling = compiler.compile({ ...request(slow), limits: { expandedNodes: 1e12, outputCharacters: 1e12 } })

    const answers: string[] = []
    for (let asked = 0; asked < 5; asked++) answers.push(await (await fetch(url)).text())
    await compiler.close()

    expect(answers).toEqual(['up', 'up', 'up', 'up', 'up'])
    expect((await compiling).problems.map(({ message }) => message)).toEqual([
      'The compiler ended while it worked on the config',
    ])
    server.close()
  })

  test('refuse more than the queue holds, and everything once closed', async () => {
    const compiler = pool({ threads: 1, queue: 1 })
    const running = [compiler.compile(request(good)), compiler.compile(request(good))]

    await expect(compiler.compile(request(good))).rejects.toThrow('1 configs wait to be compiled already')
    await Promise.all(running)
    await compiler.close()
    await expect(compiler.compile(request(good))).rejects.toThrow('The server is stopping')
  })

  test('compile for one asker while another has sent what takes for ever [S-27]', async () => {
    const compiler = pool({ limits: { cpuMs: 3_600_000, wallMs: 3_600_000, memoryMb: 4_096 } })
    const endless = { ...request(slow), limits: { expandedNodes: 1e12, outputCharacters: 1e12 } }
    const sent = Array.from({ length: 20 }, () => compiler.compile(endless, { asker: 'a' }).catch(() => undefined))

    expect((await compiler.compile(request(good), { asker: 'b' })).plan).toBeDefined()
    await compiler.close()
    await Promise.all(sent)
  })

  test('hand on that the orbs cannot be read', async () => {
    const orbs: OrbLookup = { resolve: () => Promise.reject(new Error('database away')) }
    const compiler = pool({ orbs, threads: 1 })

    await expect(compiler.compile(request(good.replace('jobs:', 'orbs: { a: ns/a@1 }\njobs:')))).rejects.toThrow(
      'database away',
    )
    expect((await compiler.compile(request(good))).plan).toBeDefined()
  })
})

function orb(resolved: string, source: string): OrbContent {
  return { resolved, source, digest: 'd' }
}

function lookup(asked: unknown[], known: Readonly<Record<string, OrbContent>>): OrbLookup {
  return {
    async resolve(requests, organizationId) {
      asked.push([requests, organizationId])
      return requests.map(
        ({ reference, importer }) => known[importer === undefined ? reference : `${importer} ${reference}`],
      )
    },
  }
}
