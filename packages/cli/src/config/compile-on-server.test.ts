import { startServerForTwo } from '@rondo/testkit'
import { describe, expect, test } from 'vitest'
import { configWith, says, useCommandLine } from '../testing/command-line.ts'

const at = useCommandLine(startServerForTwo)

/** An orb that nobody certified, of the installation. */
async function importTool(): Promise<string> {
  const reference = `${at.namespace}/tool@1.0.0`
  at.write({ 'tool.yml': says('hello'), 'config.yml': configWith(reference) })
  await at.run(`orb import @tool.yml --as ${reference}`)
  return reference
}

describe('a config compiled for an organization', () => {
  test('is compiled by its rules for orbs and with its contexts, by its slug, its name or its id', async () => {
    const reference = await importTool()
    const { member } = at.server
    const context = `${configWith(reference)}workflows: { main: { jobs: [{ build: { context: deploy } }] } }\n`
    at.write({ 'context.yml': context })
    const { id } = (await at.server.engine.database.store.accounts.organizationByName('github', member.organization))!

    const bySlug = await at.run(`config process @config.yml --org-slug github/${member.organization}`, member)
    const byName = await at.run(`config validate @context.yml --org ${member.organization}`, member)
    const byId = await at.run(`config validate @context.yml --org-id ${id} --json`, member)

    expect(bySlug).toMatchObject({ code: 0, out: expect.stringContaining('command: echo hello') })
    expect(byName).toMatchObject({ code: 0, out: `Config file at ${at.folder}/context.yml is valid.\n` })
    expect(byName.err).toContain(`${at.folder}/context.yml:4:`)
    expect(byName.err).toContain("warning: There is no context 'deploy' that 'build' could use")
    expect(JSON.parse(byId.out)).toMatchObject({
      valid: true,
      problems: [{ code: 'context', severity: 'warning', file: `${at.folder}/context.yml`, line: 4, column: 49 }],
    })
  })

  test('is explained by its rules: what the server says of it, and where its steps come from', async () => {
    const reference = await importTool()
    const { member } = at.server
    at.write({
      'explained.yml': `${configWith(reference)}workflows: { main: { jobs: [{ build: { context: deploy } }] } }\n`,
    })

    const ended = await at.run(`config explain @explained.yml --org ${member.organization}`, member)

    expect(ended.code).toBe(0)
    expect(ended.err).toContain("There is no context 'deploy' that 'build' could use")
    expect(ended.out).toContain(`1 echo hello  ${reference}:5:9`)
  })

  test('is refused what the organization does not allow, with every mistake at its place', async () => {
    const reference = await importTool()
    const { member } = at.server
    const { settings, accounts } = at.server.engine.database.store
    const organization = (await accounts.organizationByName('github', member.organization))!
    await settings.set({ organizationId: organization.id, projectId: null }, 'orbs.uncertified', 0, null)

    const without = await at.run('config validate @config.yml', member)
    const ended = await at.run(`config validate @config.yml --org gh/${member.organization} --json`, member)

    expect(without.code).toBe(0)
    expect(ended).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(ended.out)).toMatchObject({
      valid: false,
      problems: [
        {
          code: 'orb-not-found',
          message: expect.stringContaining(`The orb ${reference.split('@')[0]} is not certified`),
          hint: expect.stringContaining('rondo admin settings orbs.uncertified yes'),
          line: 2,
          column: 15,
        },
      ],
    })
  })

  test.each([
    ['--org acme --org-id x', 2, 'one of them'],
    ['--org-id acme', 2, '"acme" is no id of an organization'],
    ['--org acme --orbs @', 2, '--orbs compiles without a server'],
    ['--org nobody', 1, 'Org not found'],
  ])('with %s the call ends with %i, in words', async (flags, code, words) => {
    await importTool()

    expect(await at.run(`config validate @config.yml ${flags}`)).toMatchObject({
      code,
      out: '',
      err: expect.stringContaining(words),
    })
  })
})
