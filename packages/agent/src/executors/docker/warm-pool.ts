import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How to make a container that a kind of job can run in; nothing in it is of one job. */
export interface WarmRecipe {
  /** The same for all jobs that it suits. */
  readonly key: string
  /** Starts one on a shared folder, under a label that no attempt has. */
  make(io: string, label: string): Promise<{ readonly id: string; readonly pid: number }>
  remove(id: string): Promise<void>
}

export interface WarmContainer {
  readonly id: string
  readonly pid: number
}

/**
 * Containers that were created and started before anybody asked for them, with their supervisor waiting. Each serves one
 * job, which brings what is its own: variables, credentials and steps come in with its shared folder. None is used twice.
 */
export interface WarmPool {
  /** One that suits, if there is one: its shared folder becomes the attempt's, whose folder is `root`. */
  take(key: string, root: string): Promise<WarmContainer | undefined>
  /** A job of this kind ran: one like it is likely next. Makes containers in the background. */
  used(recipe: WarmRecipe): void
  /** Labels of containers that wait, or that one of these attempts runs in. */
  labels(attempts: Iterable<string>): readonly string[]
  stop(): Promise<void>
}

export interface WarmPoolPorts {
  /** How many wait at most. */
  readonly size: number
  /** The agent's data folder. */
  readonly folder: string
  /** Fills a folder with what a supervisor needs. */
  readonly fill: (io: string) => Promise<void>
}

interface Waiting extends WarmContainer {
  readonly recipe: WarmRecipe
  readonly label: string
}

/** A job that has just begun has the machine to itself for a moment. */
const pauseMs = 300
const readyWithinMs = 10_000

export function createWarmPool({ size, folder, fill }: WarmPoolPorts): WarmPool {
  const home = join(folder, 'warm')
  const stop = new AbortController()
  // What a dead agent left; its containers go with all others of that agent.
  const cleared = rm(home, { recursive: true, force: true }).catch(() => {})
  let recipes: readonly WarmRecipe[] = []
  let waiting: readonly Waiting[] = []
  let making: Promise<void> | undefined
  const open = new Set<string>()

  async function makeOne(recipe: WarmRecipe): Promise<void> {
    const label = `warm-${randomUUID()}`
    const io = join(home, label, 'io')
    open.add(label)
    let id: string | undefined
    try {
      await cleared
      await mkdir(home, { recursive: true, mode: 0o700 })
      await mkdir(io, { recursive: true })
      await fill(io)
      const made = await recipe.make(io, label)
      id = made.id
      for (const until = Date.now() + readyWithinMs; !existsSync(join(io, 'ready')); await sleep(20)) {
        stop.signal.throwIfAborted()
        if (Date.now() > until) throw new Error('its supervisor never got ready')
      }
      waiting = [...waiting, { ...made, recipe, label }]
    } catch (error) {
      await discard({ label, id, recipe })
      throw error
    } finally {
      open.delete(label)
    }
  }

  async function discard(one: { label: string; id: string | undefined; recipe: WarmRecipe }): Promise<void> {
    if (one.id !== undefined) await one.recipe.remove(one.id).catch(() => {})
    await rm(join(home, one.label), { recursive: true, force: true }).catch(() => {})
  }

  /** The kinds used last share the places; what no kind wants any more goes. */
  async function refill(): Promise<void> {
    await sleep(pauseMs, undefined, { signal: stop.signal })
    const wanted = Array.from({ length: recipes.length === 0 ? 0 : size }, (_, at) => recipes[at % recipes.length]!)
    const left = [...waiting]
    const missing: WarmRecipe[] = []
    for (const recipe of wanted) {
      const at = left.findIndex((one) => one.recipe.key === recipe.key)
      if (at === -1) missing.push(recipe)
      else left.splice(at, 1)
    }
    waiting = waiting.filter((one) => !left.includes(one))
    for (const one of left) await discard(one)
    for (const recipe of missing) await makeOne(recipe)
  }

  return {
    async take(key, root) {
      const found = waiting.find((one) => one.recipe.key === key)
      if (found === undefined || stop.signal.aborted) return undefined
      waiting = waiting.filter((one) => one !== found)
      // Whoever comes after a crash in between knows by this file whose the container is.
      await writeFile(join(root, 'warm'), found.label)
      await rename(join(home, found.label, 'io'), join(root, 'io'))
      await rm(join(home, found.label), { recursive: true, force: true })
      return { id: found.id, pid: found.pid }
    },
    used(recipe) {
      if (size === 0 || stop.signal.aborted) return
      recipes = [recipe, ...recipes.filter((one) => one.key !== recipe.key)].slice(0, size)
      // What cannot be made is made when a job asks for it, which then hears why.
      making = (making ?? Promise.resolve()).then(refill).catch(() => {})
    },
    labels: (attempts) => [
      ...open,
      ...waiting.map((one) => one.label),
      ...[...attempts].flatMap((id) => labelOf(join(folder, 'tasks', id, 'warm'))),
    ],
    async stop() {
      stop.abort()
      await making
      for (const one of waiting) await discard(one)
      waiting = []
      await rm(home, { recursive: true, force: true }).catch(() => {})
    },
  }
}

function labelOf(file: string): readonly string[] {
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}
