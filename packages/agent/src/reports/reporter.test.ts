import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ControlPlane, ReportEntry, ReportRequest } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Journal, openJournal } from './journal.ts'
import { createReporter, type Reporter } from './reporter.ts'

let root: string
let journal: Journal
let requests: ReportRequest[]
/** Lets the disk take what it was given. */
let write: () => void
let reporter: Reporter

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reporter-'))
  journal = openJournal(root)
  requests = []
  const written = new Promise<void>((resolve) => {
    write = resolve
  })
  const report = async (request: ReportRequest) => {
    requests.push(request)
    return { acknowledged: request.from + request.entries.length - 1 }
  }
  reporter = createReporter(
    { report } as Partial<ControlPlane> as ControlPlane,
    { attemptId: 'attempt', epoch: 1 },
    { ...journal, synced: () => written },
    new AbortController().signal,
  )
})

afterEach(() => {
  journal.close()
  rmSync(root, { recursive: true, force: true })
})

const at = new Date(0).toISOString()
const image: ReportEntry = { type: 'image-resolved', position: 0, image: 'alpine', digest: 'local:1' }
const end: ReportEntry = { type: 'task-finished', result: 'passed', message: null, at }

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await nextTurn()
}

test('the server is told of nothing that the disk does not have, so that no number is given twice after a crash', async () => {
  reporter.report(image)
  await someTurns()
  expect(requests).toEqual([])

  write()
  await reporter.acknowledged()

  expect(requests.map(({ from, entries }) => [from, entries])).toEqual([[1, [image]]])
})

test('the last word of an attempt waits for no disk: nothing goes on from it', async () => {
  reporter.report(end)

  await reporter.acknowledged()

  expect(requests.map(({ from, entries }) => [from, entries])).toEqual([[1, [end]]])
})

test('what came before the last word goes with it', async () => {
  write()
  reporter.report(image)
  reporter.report(end)

  await reporter.acknowledged()

  expect(requests.flatMap(({ entries }) => entries)).toEqual([image, end])
})
