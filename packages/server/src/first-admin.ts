import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword, hashToken, newToken } from '@rondo/api'
import { type Accounts, AppError } from '@rondo/model'
import { writeOnce } from './write-once.ts'

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
  // Written first: a crash in between leaves a file nobody can use yet, not an administrator nobody knows.
  const content = writeOnce(path, () => {
    const fresh: FirstAdmin = { login: 'admin', password: randomBytes(12).toString('base64url'), token: newToken() }
    return `${JSON.stringify(fresh, null, 2)}\n`
  })
  const admin: FirstAdmin = JSON.parse(content.toString('utf8'))
  const user = await accounts
    .createUser({
      login: admin.login,
      name: 'Administrator',
      passwordHash: await hashPassword(admin.password),
      admin: true,
      token: { label: 'first administrator', hash: hashToken(admin.token) },
    })
    .catch((error: unknown) => {
      // Another process that starts at the same time has made it, from the same file.
      if (error instanceof AppError && error.code === 'conflict') return undefined
      throw error
    })
  return { admin, created: user !== undefined }
}
