import { useSyncExternalStore } from 'react'

const key = 'rondo-line-times'
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}

/** Whether times stand before the lines of all output: this browser remembers what its reader chose last. */
export function useLineTimes(): readonly [shown: boolean, show: (shown: boolean) => void] {
  const shown = useSyncExternalStore(subscribe, () => localStorage.getItem(key) === 'shown')
  return [
    shown,
    (wanted) => {
      localStorage.setItem(key, wanted ? 'shown' : 'hidden')
      for (const listener of listeners) listener()
    },
  ]
}

/** A time of the day by this browser's clock, `14:03:27.5`; empty when it is not known. */
export function lineTime(at: number | undefined): string {
  if (at === undefined) return ''
  const time = new Date(at)
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${hours}:${minutes}:${seconds}.${Math.floor(time.getMilliseconds() / 100)}`
}

/** The whole of it, for whoever points at it: the date, and how long after the step began. */
export function lineTimeTitle(at: number | undefined, begun: string | null): string | undefined {
  if (at === undefined) return undefined
  const since =
    begun === null ? '' : `, ${Math.max(0, (at - Date.parse(begun)) / 1000).toFixed(1)} s after the step began`
  return `${new Date(at).toISOString()}${since}`
}
