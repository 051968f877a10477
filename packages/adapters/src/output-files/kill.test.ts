import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFileOutput } from './output-files.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-kill-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const step = '01990000-0000-7000-8000-0000000000aa'

/**
 * Appends, closes (which folds) and appends again without end, and prints each acknowledged size. A byte's value follows from
 * its place, so any mistake shows.
 */
const writer = `
import { openFileOutput } from ${JSON.stringify(join(import.meta.dirname, 'output-files.ts'))}
import { writeSync } from 'node:fs'
const output = await openFileOutput(process.argv[1])
let size = await output.size('${step}')
for (let round = 0; ; round++) {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => ((size + i) * 31 + ((size + i) >> 8)) & 255)
  size = await output.append('${step}', size, bytes)
  writeSync(1, size + '\\n')
  if (round % 3 === 2) await output.close('${step}')
}`

test('a process killed at any moment of appending and folding loses nothing it acknowledged', async () => {
  let acknowledged = 0
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', writer, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += chunk
      if (printed.split('\n').length > 4 + round * 2) setTimeout(() => child.kill('SIGKILL'), round % 5)
    })
    await once(child, 'close')
    acknowledged = Math.max(acknowledged, ...printed.split('\n').slice(0, -1).map(Number))

    await using output = await openFileOutput(folder)
    const size = await output.size(step)
    expect(size).toBeGreaterThanOrEqual(acknowledged)
    let at = 0
    let wrong = 0
    for await (const bytes of output.read(step, 0)) {
      for (const byte of bytes) {
        if (byte !== ((at * 31 + (at >> 8)) & 255)) wrong++
        at++
      }
    }
    expect({ at, wrong }).toEqual({ at: size, wrong: 0 })
  }
  expect(acknowledged).toBeGreaterThan(1_000_000)
})
