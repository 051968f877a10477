import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeAbandonedPlaces, takePlace } from './place.ts'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'rondo-places-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

/** Another run that takes a place for secrets, and lives until it is killed. */
async function anotherRun(root: string) {
  const module = JSON.stringify(join(import.meta.dirname, 'place.ts'))
  const text = `import { takePlace } from ${module}
const place = takePlace(${JSON.stringify(data)}, ${JSON.stringify(root)})
place.secretsCome()
process.stdout.write(place.slug)
setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [slug] = await once(child.stdout, 'data')
  return {
    slug: String(slug),
    async kill() {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

test('a folder has the same place in each of its runs, and no other folder has it', () => {
  const first = takePlace(data, '/a/web')
  first.release()
  const again = takePlace(data, '/a/web')
  expect(again.slug).toBe(first.slug)
  expect(again.project).toBe('web')
  const other = takePlace(data, '/b/web')
  expect(other.project).toBe('web')
  expect(other.organization).not.toBe(again.organization)
})

test('runs of one folder at the same time have different places', async () => {
  const other = await anotherRun('/a/web')
  const place = takePlace(data, '/a/web')
  expect(place.organization).not.toBe(other.slug.split('/')[1])
  place.release()
  await other.kill()
  expect(takePlace(data, '/a/web').slug).toBe(other.slug)
})

test('what a killed run left is found by the next, of whatever folder; what a living one has is not', async () => {
  const other = await anotherRun('/a/web')
  expect(takeAbandonedPlaces(data)).toEqual([])
  await other.kill()
  const [abandoned, ...more] = takeAbandonedPlaces(data)
  expect(abandoned?.slug).toBe(other.slug)
  expect(more).toEqual([])
  abandoned?.secretsWent()
  abandoned?.release()
  expect(takeAbandonedPlaces(data)).toEqual([])
})
