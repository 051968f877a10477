import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFakeServer, type TransferFault } from '../testing/fake-server.ts'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'object-store-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const rounds: readonly (readonly TransferFault[])[] = [
  ['refuse', 'cut', 'lose', 'none'],
  ['stall', 'cut', 'refuse', 'none'],
  ['lose', 'lose', 'cut', 'stall'],
  ['cut', 'refuse', 'stall', 'none'],
]

test.each(rounds.map((faults, index) => [index, faults] as const))(
  'an object store that refuses, stalls, breaks off or loses its answers costs time, and no cache or artifact (round %i) [R-08]',
  async (index, faults) => {
    const files = [1, 2, 3].map((number) => `out/file-${number}`)
    const spec = taskSpec([
      runStep(
        `mkdir deps out; head -c 3000000 /dev/urandom >deps/big; echo ${index} >deps/small; cp deps/big out/file-1; echo two >out/file-2; : >out/file-3`,
      ),
      runStep('cat deps/big deps/small | sha256sum'),
      { type: 'save_cache', key: 'v1', paths: ['deps'], when: 'on_success', origin },
      { type: 'store_artifacts', path: 'out', origin },
      runStep('rm -rf deps'),
      { type: 'restore_cache', keys: ['v1'], origin },
      runStep('cat deps/big deps/small | sha256sum'),
      { type: 'store_artifacts', path: 'deps/small', destination: 'small', origin },
    ])
    const server = createFakeServer(spec)
    // One of them befalls each transfer and its repeats: a cache saved, three artifacts, a cache restored, one artifact.
    server.disturb(...[...files, 'cache', 'again', 'last'].flatMap(() => faults))

    const { ends } = await runTask(home, spec, server)

    expect(ends.at(-1)).toBe('passed')
    expect(server.output(8)).toBe(server.output(3))
    const artifacts = server.entries.flatMap((entry) => (entry.type === 'artifact-stored' ? [entry] : []))
    expect(artifacts.map((artifact) => artifact.path).sort()).toEqual([...files, 'small'].sort())
    for (const { object } of artifacts) {
      const stored = server.objects.get(object.digest)!
      expect([stored.length, createHash('sha256').update(stored).digest('hex')]).toEqual([object.size, object.digest])
    }
    expect(server.objects.get(artifacts.find(({ path }) => path === 'small')!.object.digest)?.toString()).toBe(
      `${index}\n`,
    )
  },
)
