import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashPassword, hashToken, newToken } from '@rondo/api'
import type { Accounts } from '@rondo/model'

export interface FirstAdmin {
  readonly login: string
  readonly password: string
  readonly token: string
}

/** Makes the administrator of a fresh installation; the password and token stand in `admin.json`, for its owner alone. */
export async function ensureFirstAdmin(
  accounts: Accounts,
  dataFolder: string,
): Promise<{ admin: FirstAdmin | undefined; created: boolean }> {
  const path = join(dataFolder, 'admin.json')
  if ((await accounts.userCount()) > 0)
    return { admin: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined, created: false }
  const admin: FirstAdmin = { login: 'admin', password: randomBytes(12).toString('base64url'), token: newToken() }
  // Written first: a crash in between leaves a file nobody can use, not an administrator nobody knows.
  await writeFile(path, `${JSON.stringify(admin, null, 2)}\n`, { mode: 0o600 })
  const user = await accounts.createUser({
    login: admin.login,
    name: 'Administrator',
    passwordHash: await hashPassword(admin.password),
    admin: true,
  })
  await accounts.addToken({ userId: user.id, label: 'first administrator', hash: hashToken(admin.token) })
  return { admin, created: true }
}
