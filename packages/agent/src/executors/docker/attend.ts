import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { ContainerEnd } from '../executor.ts'

/**
 * Passes on what a container prints after its first `from` bytes, until it ends; answers how. Undefined when the signal
 * came first. The engine keeps the output, in order, so a restarted agent goes on where its predecessor stopped.
 */
export async function attendContainer(
  docker: Docker,
  id: string,
  from: number,
  write: (bytes: Buffer) => Promise<void>,
  signal: AbortSignal,
): Promise<ContainerEnd | undefined> {
  let passed = from
  /** Nothing more is taken before there was room for what came last. */
  let written = Promise.resolve()
  while (!signal.aborted) {
    let skip = passed
    const pass = (bytes: Buffer) => {
      const rest = bytes.subarray(Math.min(skip, bytes.length))
      skip -= bytes.length - rest.length
      passed += rest.length
      if (rest.length === 0) return
      written = write(rest)
      // Whoever waits for it hears of it.
      written.catch(() => {})
    }
    await follow(docker, id, { pass, passed: () => written }, signal).catch(() => {})
    if (signal.aborted) return undefined
    const state = await docker
      .getContainer(id)
      .inspect()
      .then(
        (info) => info.State,
        () => undefined,
      )
    if (state !== undefined && !state.Running && state.Status !== 'created' && state.Status !== 'restarting')
      return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled }
    await sleep(500, undefined, { signal }).catch(() => {})
  }
  return undefined
}

interface Taker {
  pass(bytes: Buffer): void
  /** Ends when more may come. */
  passed(): Promise<void>
}

async function follow(docker: Docker, id: string, { pass, passed }: Taker, signal: AbortSignal): Promise<void> {
  // Podman answers at all only when the container has printed something, so the question itself must end with the job.
  const stream = (await docker
    .getContainer(id)
    .logs({ follow: true, stdout: true, stderr: true, abortSignal: signal })) as NodeJS.ReadableStream & {
    destroy(): void
  }
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const split = createFrameReader(pass)
  try {
    for await (const chunk of stream) {
      split(chunk as Buffer)
      await passed()
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Takes the frames of an attached stream apart: eight bytes, of which the last four are the length, then the bytes. */
export function createFrameReader(pass: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let header = Buffer.alloc(0)
  let left = 0
  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      if (left > 0) {
        const part = rest.subarray(0, left)
        pass(part)
        left -= part.length
        rest = rest.subarray(part.length)
        continue
      }
      const missing = 8 - header.length
      header = Buffer.concat([header, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      if (header.length < 8) return
      left = header.readUInt32BE(4)
      header = Buffer.alloc(0)
    }
  }
}
