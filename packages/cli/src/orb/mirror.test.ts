import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServerForTwo } from '@rondo/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { configWith, says, useCommandLine } from '../testing/command-line.ts'

const at = useCommandLine(startServerForTwo)
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

type Variables = Readonly<Record<string, string>>

/** A registry that answers queries as it is told to. */
async function serve(answer: (query: string, variables: Variables) => unknown): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.end(JSON.stringify({ data: answer(query, variables) }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stops.push(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const version = (name: string, number: string, source = says('x')) => ({
  orbVersion: { version: number, source, orb: { name } },
})
const page = (names: readonly string[], more: boolean) => ({
  registryNamespace: {
    orbs: {
      edges: names.map((name) => ({ cursor: name, node: { name, versions: [{ version: '1.0.0' }] } })),
      pageInfo: { hasNextPage: more },
    },
  },
})

describe('a registry that is not to be trusted', () => {
  test('brings in what was asked for, and nothing under another name', async () => {
    const orb = `${at.namespace}/tool`
    const url = await serve((query) =>
      query.includes('orbVersion(') ? version('other/thing', '1.2.3') : { orb: null },
    )
    at.write({ 'config.yml': configWith(`${orb}@1`) })

    expect(await at.run(`orb mirror ${orb}@1 --from ${url}`)).toMatchObject({
      code: 0,
      out: `${orb}@1.2.3 is imported.\n`,
    })
    expect(await at.run('config validate @config.yml')).toMatchObject({ code: 0 })
    expect(await at.run('orb info other/thing')).toMatchObject({ code: 1 })
  })

  test('is told that it answers with another version, and the rest comes', async () => {
    const [odd, good] = [`${at.namespace}/odd`, `${at.namespace}/good`]
    const url = await serve((query, { orbVersionRef = '' }) =>
      query.includes('orbVersion(')
        ? version(orbVersionRef, orbVersionRef.startsWith(odd) ? '../../x' : '1.0.0')
        : { orb: null },
    )

    const ended = await at.run(`orb mirror ${odd}@1 ${good}@1 --from ${url}`)

    expect(ended).toMatchObject({ code: 1, out: `${good}@1.0.0 is imported.\n` })
    expect(ended.err).toMatch(/odd@1 was refused: .* answers with something else than what was asked for/)
  })

  test('is not asked for ever when its pages have no end', async () => {
    const url = await serve(() => page(['a/b'], true))

    expect(await at.run(`orb mirror ${at.namespace} --from ${url}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('something else than what was asked for'),
    })
  })

  test('is asked by the names of the namespace that is wanted, whatever it lists', async () => {
    const url = await serve((query) => {
      if (query.includes('registryNamespace')) return page(['renamed/tool'], false)
      return query.includes('orbVersion(') ? version('renamed/tool', '1.0.0') : { orb: null }
    })

    expect(await at.run(`orb mirror ${at.namespace} --from ${url}`)).toMatchObject({
      code: 0,
      out: `${at.namespace}/tool@1.0.0 is imported.\n`,
    })
  })
})
