import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Gate } from './gate.ts'

export interface DiskMarks {
  /** Used percent at which what can be spared is removed. */
  readonly collectAt: number
  /** Used percent at which nothing new is taken (reliability row R-12). */
  readonly closeAt: number
  /** Used percent below which tasks are taken again. */
  readonly openBelow: number
}

/** Marks around the one that is set: some room before it to collect in, and some after it, so that the gate does not flap. */
export function marksAround(closeAt: number): DiskMarks {
  return { closeAt, collectAt: Math.max(1, closeAt - 5), openBelow: Math.max(1, closeAt - 3) }
}

export interface DiskWatchPorts {
  readonly gate: Gate
  /** Folders whose file systems the agent and its engine write to. */
  readonly folders: readonly string[]
  readonly marks: DiskMarks
  /** Removes what can be spared until `enough` says so; least missed first. */
  readonly collect: (enough: () => Promise<boolean>) => Promise<void>
  readonly everyMs?: number
}

interface Fullness {
  readonly folder: string
  readonly usedPercent: number
  readonly freeBytes: number
}

/** Keeps the agent from taking tasks while a disk is nearly full, and makes room. Until the signal aborts. */
export async function watchDisk(ports: DiskWatchPorts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await lookAtDisks(ports)
    await sleep(ports.everyMs ?? 5_000, undefined, { signal }).catch(() => {})
  }
}

export async function lookAtDisks({ gate, folders, marks, collect }: DiskWatchPorts): Promise<void> {
  const enough = async () => ((await fullest(folders))?.usedPercent ?? 0) < marks.collectAt
  if (!(await enough())) await collect(enough)
  const worst = await fullest(folders)
  if (worst !== undefined && worst.usedPercent >= marks.closeAt) gate.close('disk', sentence(worst, marks))
  else if (worst === undefined || worst.usedPercent < marks.openBelow) gate.open('disk')
}

async function fullest(folders: readonly string[]): Promise<Fullness | undefined> {
  const all = await Promise.all(folders.map(measure))
  return all.flatMap((one) => one ?? []).sort((a, b) => b.usedPercent - a.usedPercent)[0]
}

/** As `df` counts: what is kept for root is neither used nor free. Undefined for a folder that is out of sight. */
async function measure(folder: string): Promise<Fullness | undefined> {
  const found = await statfs(folder).catch(() => undefined)
  if (found === undefined || found.blocks === 0) return undefined
  const used = found.blocks - found.bfree
  return { folder, usedPercent: (100 * used) / (used + found.bavail), freeBytes: found.bavail * found.bsize }
}

function sentence({ folder, usedPercent, freeBytes }: Fullness, { openBelow }: DiskMarks): string {
  const free =
    freeBytes < 1024 ** 3 ? `${Math.floor(freeBytes / 1024 ** 2)} MB` : `${Math.floor(freeBytes / 1024 ** 3)} GB`
  return `The disk of ${folder} is ${Math.floor(usedPercent)} % full (${free} left). It takes tasks again below ${openBelow} %; make room, or give it a larger disk.`
}
