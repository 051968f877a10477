import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeTaskFolder } from './task-folder.ts'

test('a folder goes although files are put into it while it is removed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'task-'))
  mkdirSync(join(root, 'io'))
  for (let index = 0; index < 200; index++) writeFileSync(join(root, 'io', `${index}`), '')
  let left = 40
  const late = setInterval(() => {
    if (left-- > 0 && existsSync(root)) writeFileSync(join(root, `late-${left}`), '')
    else clearInterval(late)
  }, 1)

  await removeTaskFolder(root)

  expect(existsSync(root)).toBe(false)
  clearInterval(late)
})
