import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** An empty folder for each test of a file, which goes with it. */
export function useFolder(prefix: string): { readonly path: string } {
  const folder = { path: '' }
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), prefix))
  })
  afterEach(() => rmSync(folder.path, { recursive: true, force: true }))
  return folder
}
