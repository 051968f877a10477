import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a server of local runs answers, and the process that holds it: with that one it ends. */
export interface ServerAddress {
  readonly url: string
  readonly owner: number
}

const addressFile = 'address.json'

export function readAddress(dataFolder: string): ServerAddress | undefined {
  const file = join(dataFolder, addressFile)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ServerAddress) : undefined
}

/** Whoever reads it meanwhile has the one before or this one, whole. */
export function writeAddress(dataFolder: string, address: ServerAddress): void {
  const file = join(dataFolder, addressFile)
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, JSON.stringify(address), { mode: 0o600 })
  renameSync(fresh, file)
}

export function removeAddress(dataFolder: string): void {
  rmSync(join(dataFolder, addressFile), { force: true })
}
