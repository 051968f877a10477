import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { waitWords } from './wait-words.ts'

/** Statuses of jobs that wait for something. */
export const waiting: ReadonlySet<string> = new Set(['blocked', 'queued', 'not_running', 'on_hold'])

/** What a job waits for, its place in the line, and when it is expected to start; asked again while it is looked at. */
export function JobWait({ id, name }: { readonly id: string; readonly name?: string }) {
  const wait = useQuery({ queryKey: ['wait', id], queryFn: () => api.wait(id), refetchInterval: 5_000 })
  if (wait.data === undefined || wait.data.kind === 'none') return null
  const words = waitWords(wait.data, name)
  return (
    <p className="wait" role="status">
      {words.name !== null && <b>{words.name}</b>} {words.sentence} <span className="quiet">{words.facts}</span>
    </p>
  )
}
