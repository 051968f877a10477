import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { RegistryLogin } from './credentials.ts'

/**
 * Why a pull failed. Only `transient` is tried again: the registry or the way to it was in trouble. The others are answers,
 * and would be the same a second later.
 */
export type PullTrouble = 'not-found' | 'denied' | 'platform' | 'disk' | 'insecure' | 'transient'

export class PullFailure extends Error {
  readonly trouble: PullTrouble

  constructor(trouble: PullTrouble, reason: string) {
    super(reason)
    this.trouble = trouble
  }
}

/** In this order: some answers hold words of a later line too. Texts of the engine and of registries. */
const signs: readonly (readonly [RegExp, PullTrouble])[] = [
  [/no matching manifest|no image found in (manifest|image index)|cannot be used on this platform/i, 'platform'],
  [/no space left on device/i, 'disk'],
  [/HTTP response to HTTPS client|x509|certificate/i, 'insecure'],
  [/toomanyrequests|too many requests|429/i, 'transient'],
  [/unauthorized|denied|authentication required|no basic auth|incorrect username|login attempt|40[13]\b/i, 'denied'],
  [/manifest unknown|not found|name unknown|does not exist|invalid reference/i, 'not-found'],
]

export function troubleOf(reason: string): PullTrouble {
  return signs.find(([sign]) => sign.test(reason))?.[1] ?? 'transient'
}

const delaysMs = [1_000, 4_000]
const tellEveryMs = 3_000

/** Pulls an image, three times at most while only the way to it is in trouble. Throws `PullFailure`. */
export async function pull(
  docker: Docker,
  name: string,
  login: RegistryLogin | undefined,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const delay of [...delaysMs, undefined]) {
    try {
      return await pullOnce(docker, name, login, say, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof PullFailure) || error.trouble !== 'transient' || delay === undefined) throw error
      say(`  ${error.message}; trying again in ${delay / 1000} s`)
      await sleep(delay, undefined, { signal })
    }
  }
}

interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly error?: string
}

async function pullOnce(
  docker: Docker,
  name: string,
  login: RegistryLogin | undefined,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = login === undefined ? {} : { authconfig: credentialsOf(login) }
  let stream: Readable
  try {
    stream = (await docker.pull(name, options)) as Readable
  } catch (error) {
    throw failureOf(error instanceof Error ? error.message : String(error))
  }
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const progress = createProgress(say)
  try {
    for await (const line of createInterface({ input: stream })) {
      if (line.trim() === '') continue
      const event = JSON.parse(line) as PullEvent
      if (event.error !== undefined) throw failureOf(event.error)
      progress.see(event)
    }
  } catch (error) {
    throw error instanceof PullFailure ? error : failureOf(error instanceof Error ? error.message : String(error))
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
  signal.throwIfAborted()
  progress.end()
}

function credentialsOf({ username, password, serveraddress }: RegistryLogin) {
  return { username, password, serveraddress }
}

function failureOf(message: string): PullFailure {
  const reason = message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim()
  return new PullFailure(troubleOf(reason), reason)
}

/** Sums up what the engine tells of each layer, now and then. */
export function createProgress(
  say: (line: string) => void,
  now = () => performance.now(),
): { see(event: PullEvent): void; end(): void } {
  const layers = new Map<string, { current: number; total: number; done: boolean }>()
  const begun = now()
  let told = begun
  const sum = (of: 'current' | 'total') => [...layers.values()].reduce((bytes, layer) => bytes + layer[of], 0)
  return {
    see({ id, status = '', progressDetail }) {
      if (id === undefined || !/^[0-9a-f]{12}$/.test(id)) return
      const known = layers.get(id) ?? { current: 0, total: 0, done: false }
      const { current = 0, total = 0 } = status === 'Downloading' ? (progressDetail ?? {}) : {}
      const loaded = /^(Download complete|Verifying|Extracting|Pull complete)/.test(status)
      layers.set(id, {
        total: Math.max(known.total, total),
        current: loaded ? known.total : Math.max(known.current, current),
        done: known.done || /^(Pull complete|Already exists)/.test(status),
      })
      if (now() - told < tellEveryMs) return
      told = now()
      const done = [...layers.values()].filter((layer) => layer.done).length
      say(
        `  ${megabytes(sum('current'))} of ${megabytes(sum('total'))} here, ${done} of ${layers.size} layers unpacked`,
      )
    },
    end() {
      if (sum('total') > 0) say(`  pulled ${megabytes(sum('total'))} in ${((now() - begun) / 1000).toFixed(1)} s`)
    },
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
