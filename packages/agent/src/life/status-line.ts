import { cpuOvercommit } from '@rondo/model'
import type { Gate } from './gate.ts'
import type { Roster } from './roster.ts'

/**
 * How the agent stands, in a line for people: `2 of 4 tasks · 3 of 2 × 4 CPUs · 6.0 of 15.6 GB · draining since 11:20 UTC`.
 * Processors are offered more than once over, and the line says so: `3 of 2 CPUs` would look like a mistake.
 */
export function statusLine(
  roster: Pick<Roster, 'size' | 'used' | 'capacity' | 'waitingForSsh' | 'kept'>,
  gate: Gate,
): string {
  const { capacity, used, waitingForSsh, kept } = roster
  const drainedSince = gate.closedSince('signal') ?? gate.closedSince('administrator')
  const parts = [
    `${roster.size - kept} of ${capacity.tasks} tasks`,
    `${round(used.cpus)} of ${cpuOvercommit} × ${round(capacity.cpus)} CPUs`,
    `${gigabytes(used.memoryMb)} of ${gigabytes(capacity.memoryMb)} GB`,
  ]
  if (waitingForSsh > 0) parts.push(`${waitingForSsh} of them for SSH`)
  if (kept > 0) parts.push(drainedSince === undefined ? `${kept} kept for owners` : `ends ${kept} kept for owners`)
  if (drainedSince !== undefined) parts.push(`draining since ${drainedSince.toISOString().slice(11, 16)} UTC`)
  else if (gate.refusal() !== undefined) parts.push(`takes nothing new: ${gate.refusal()}`)
  return parts.join(' · ')
}

function round(count: number): string {
  return String(Math.round(count * 10) / 10)
}

function gigabytes(mb: number): string {
  return (mb / 1024).toFixed(1)
}
