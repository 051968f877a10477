import { expect, test } from 'vitest'
import { createPatientWriter } from './patient-writer.ts'

function fullDisk(): never {
  throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
}

/** A disk of so many bytes, which takes three of them at a time. */
function disk(room: number) {
  const state = { room, text: '', broken: false }
  const writer = createPatientWriter((bytes) => {
    if (state.broken) throw new Error('the file is gone')
    const taken = Math.min(3, state.room, bytes.length)
    if (taken === 0) fullDisk()
    state.room -= taken
    state.text += bytes.toString('latin1', 0, taken)
    return taken
  })
  return { state, writer }
}

test('what there is no room for is written later, to the byte and in its order [R-12]', async () => {
  const { state, writer } = disk(8)

  for (const line of ['one two\n', 'three\n', '', 'four\n']) writer.write(Buffer.from(line))
  expect(state.text).toBe('one two\n')
  state.room = 2
  writer.write(Buffer.from('five\n'))
  expect(state.text).toBe('one two\nth')

  const written = writer.written()
  state.room = 1_000
  await written
  expect(state.text).toBe('one two\nthree\nfour\nfive\n')
})

test('nobody waits for room longer than they want to, and what waits still goes with what comes next', async () => {
  const { state, writer } = disk(0)
  writer.write(Buffer.from('late\n'))

  await expect(writer.written(AbortSignal.timeout(10))).rejects.toThrow()
  state.room = 100
  writer.write(Buffer.from('next\n'))

  expect(state.text).toBe('late\nnext\n')
})

test('any other trouble is thrown once, to whoever writes or waits', async () => {
  const { state, writer } = disk(0)
  writer.write(Buffer.from('lost\n'))
  state.broken = true

  await expect(writer.written()).rejects.toThrow('the file is gone')
  state.broken = false
  state.room = 100
  writer.write(Buffer.from('found\n'))

  expect(state.text).toBe('found\n')
})
