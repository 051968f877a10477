import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileKeyRing } from '@rondo/adapters'
import { projectScope } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKeys } from './open-keys.ts'
import { allRoles } from './roles.ts'

const scope = projectScope('p')
let keys: string
let privateKeys: string

beforeEach(() => {
  keys = mkdtempSync(join(tmpdir(), 'open-keys-'))
  privateKeys = join(keys, 'private')
  mkdirSync(privateKeys)
})

afterEach(() => rmSync(keys, { recursive: true, force: true }))

test('a process without the role agents seals for those with it, reads none of the private keys, and makes none [S-09]', async () => {
  const web = await openKeys({ keys, privateKeys }, ['api'])
  expect(readdirSync(privateKeys)).toEqual([])
  await expect(web.sealer.seal('too early', scope)).rejects.toMatchObject({ code: 'unavailable' })

  const agents = await openKeys({ keys, privateKeys }, ['agents'])

  expect(await agents.private!.opener.open(await web.sealer.seal('a secret', scope), scope)).toBe('a secret')
  expect(await web.published.publicKeys()).toEqual(await agents.published.publicKeys())
  expect(web.private).toBeUndefined()
  expect(readdirSync(privateKeys).sort()).toEqual(['key-ring.json', 'signing-keys.json'])
})

test('keys where earlier versions kept them are taken over, and open what was sealed', async () => {
  const sealed = await (await openFileKeyRing(join(keys, 'key-ring.json'))).seal('from before', scope)
  writeFileSync(join(keys, 'agent-token'), 'rondo_agent_x\n', { mode: 0o600 })

  const opened = await openKeys({ keys, privateKeys }, allRoles)

  expect(await opened.private!.opener.open(sealed, scope)).toBe('from before')
  expect(readFileSync(join(privateKeys, 'agent-token'), 'utf8')).toBe('rondo_agent_x\n')
  expect(existsSync(join(keys, 'key-ring.json'))).toBe(false)
})

test('a ring that is in its place is not written over by one that lies where earlier versions kept theirs', async () => {
  const before = await openKeys({ keys, privateKeys }, allRoles)
  const sealed = await before.sealer.seal('mine', scope)
  await openFileKeyRing(join(keys, 'key-ring.json'))

  const after = await openKeys({ keys, privateKeys }, allRoles)

  expect(await after.private!.opener.open(sealed, scope)).toBe('mine')
})
