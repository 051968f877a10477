import type { LastChangeView } from '@rondo/protocol'
import { CallError, type Flag, type VerbCall } from '../noun.ts'

/** Flags that say of what: everything without them. */
export const scopeFlags: Readonly<Record<'organization' | 'project', Flag>> = {
  organization: { type: 'string', value: 'gh/ORG', help: 'of one organisation only' },
  project: { type: 'string', value: 'gh/ORG/REPO', help: 'of one project only' },
}

/** Flags that choose among waiting jobs. */
export const filterFlags = {
  ...scopeFlags,
  branch: { type: 'string', value: 'NAME', help: 'of one branch only' },
  class: { type: 'string', value: 'NAME', help: 'of one resource class only' },
  'older-than': { type: 'string', value: 'TIME', help: 'that wait at least so long: 90s, 15m, 2h, 1d' },
} as const satisfies Readonly<Record<string, Flag>>

export function scopeOf(call: VerbCall): { organization?: string; project?: string } {
  const [organization, project] = [call.text('organization'), call.text('project')]
  return { ...(organization === undefined ? {} : { organization }), ...(project === undefined ? {} : { project }) }
}

export function filterOf(call: VerbCall): object {
  const [branch, resourceClass, olderThan] = [call.text('branch'), call.text('class'), call.text('older-than')]
  return {
    ...scopeOf(call),
    ...(branch === undefined ? {} : { branch }),
    ...(resourceClass === undefined ? {} : { resourceClass }),
    ...(olderThan === undefined ? {} : { olderThanSeconds: secondsOf(olderThan) }),
  }
}

/** What `--limit` says, or what holds without it; CallError: it is no number of `what` from 1 to `most`. */
export function readLimit(
  text: string | undefined,
  { fallback, most, what }: { readonly fallback: number; readonly most: number; readonly what: string },
): number {
  if (text === undefined) return fallback
  if (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most) return Number(text)
  throw new CallError(`"${text}" is no number of ${what}. Write one from 1 to ${most}.`)
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function secondsOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (number !== '') return Number(number) * (unitSeconds[unit] ?? 1)
  throw new CallError(`--older-than ${text} is no time. Write it as 90s, 15m, 2h or 1d.`)
}

/** `1 build`, `7 builds`. */
export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`
}

/** `4s`, `12m`, `3h`, `2d`: as long as the largest unit says. */
export function timeText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`
}

/** `by root at 2026-11-22 08:07 UTC`. */
export function setText({ by, at }: LastChangeView): string {
  return `by ${by ?? 'rondo'} at ${at.slice(0, 16).replace('T', ' ')} UTC`
}

/** Rows below their heads, each column as wide as it must be. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_title, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}
