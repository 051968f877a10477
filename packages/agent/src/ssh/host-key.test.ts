import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hostKey } from './host-key.ts'

/** As a library made one of three hundred: its public half begins with a zero, which is missing. */
const unreadable = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMgAAAAtz
c2gtZWQyNTUxOQAAAB9h+ThJTMgkOKhuraQ9jONLROWwHC0pGBpvyqatDB7iAAAA
iF0+RL9dPkS/AAAAC3NzaC1lZDI1NTE5AAAAH2H5OElMyCQ4qG6tpD2M40tE5bAc
LSkYGm/Kpq0MHuIAAAA/d4rlW8Yjvb5mkaeNeLIrvmPLQsgpFFrYVDnoFE5fDC9h
+ThJTMgkOKhuraQ9jONLROWwHC0pGBpvyqatDB7iAAAAAAECAwQFBgc=
-----END OPENSSH PRIVATE KEY-----
`
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-key-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('an agent makes its key once, for itself only; of several that ask at once all get the same', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => hostKey(folder)))

  expect(new Set(keys.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  expect(keys[0]?.fingerprint).toMatch(/^SHA256:[\w+/]{43}$/)
  expect(await hostKey(folder)).toEqual(keys[0])
  expect(readdirSync(folder)).toEqual(['ssh-host-key'])
  expect(statSync(join(folder, 'ssh-host-key')).mode & 0o777).toBe(0o600)
})

test('a key that nobody can read is replaced, for good', async () => {
  writeFileSync(join(folder, 'ssh-host-key'), unreadable)

  const key = await hostKey(folder)

  expect(await hostKey(folder)).toEqual(key)
  expect(readdirSync(folder)).toEqual(['ssh-host-key'])
})
