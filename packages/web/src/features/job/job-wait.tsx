import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { duration } from '../../shared/time.ts'

/** Statuses of jobs that wait for something. */
export const waiting: ReadonlySet<string> = new Set(['blocked', 'queued', 'not_running', 'on_hold'])

/** What a job waits for, its place in the line, and when it is expected to start; asked again while it is looked at. */
export function JobWait({ id, name }: { readonly id: string; readonly name?: string }) {
  const wait = useQuery({ queryKey: ['wait', id], queryFn: () => api.wait(id), refetchInterval: 5_000 })
  if (wait.data === undefined || wait.data.kind === 'none') return null
  const { text, ahead, expectedMs, waitedMs } = wait.data
  const facts = [
    ahead === null ? '' : `place ${ahead + 1} in line`,
    expectedMs === null
      ? ''
      : expectedMs < 1_000
        ? 'expected to start any moment'
        : `expected in ${duration(expectedMs)}`,
    `waits for ${duration(waitedMs)}`,
  ]
  return (
    <p className="wait" role="status">
      {name !== undefined && <b>{name}</b>} {text} <span className="quiet">{facts.filter(Boolean).join(' · ')}</span>
    </p>
  )
}
