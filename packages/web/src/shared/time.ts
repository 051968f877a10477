/** `0.4s`, `12s`, `3m 05s`, `1h 02m`. */
export function duration(ms: number): string {
  const total = Math.max(0, ms) / 1000
  if (total < 10) return `${total.toFixed(1)}s`
  if (total < 60) return `${Math.round(total)}s`
  const minutes = Math.floor(total / 60)
  if (minutes < 60) return `${minutes}m ${String(Math.floor(total % 60)).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`
}

/** How long ago: `now`, `5m`, `3h`, `2d`, then a date. */
export function ago(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000
  if (seconds < 45) return 'now'
  if (seconds < 3_600) return `${Math.max(1, Math.round(seconds / 60))}m`
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)}h`
  if (seconds < 14 * 86_400) return `${Math.round(seconds / 86_400)}d`
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
}

/** From a start to an end, or to now; empty before the start. */
export function span(start: string | null, end: string | null, now: number): string {
  return start === null ? '' : duration((end === null ? now : Date.parse(end)) - Date.parse(start))
}
