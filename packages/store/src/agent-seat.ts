import type { Agents, Seat, SeatHolder } from '@rondo/model'
import sql from 'sql-template-tag'
import { seenNow } from './agent-seen.ts'
import type { Runner } from './database.ts'

/**
 * How long the process that is an agent must have been silent before another may be it: longer than any agent that lives is, which
 * says something every forty seconds at least.
 */
const seatFreeAfterMs = 60_000

interface Greeting {
  readonly agentId: string
  readonly machine: Parameters<Agents['greet']>[1]
  readonly seat: Seat | undefined
}

interface SeatRow extends SeatHolder {
  /** Null: nobody was here yet, or an agent of a version that does not say which process it is. */
  readonly folder: string | null
  readonly place: string
  readonly silentMs: number
  readonly busy: boolean
}

/** See `Agents.greet`. */
export async function takeSeat(tx: Runner, { agentId, machine, seat }: Greeting): Promise<SeatHolder | undefined> {
  // 1. Of two who ask at once the second sees what the first has made true. Silence counts only while somebody listens: it begins
  //    when the oldest of the processes that agents speak to, of those that live, was there.
  const [row] = await tx.rows<SeatRow>(sql`
    select seat_folder as folder, seat_place as place, hostname, seat_since as since,
      (extract(epoch from now() - greatest(a.seen_at, (select coalesce(min(since), now()) from instances where 'agents' = any(roles) and seen_at > now() - interval '10 seconds'))) * 1000)::float8 as "silentMs",
      exists (select from attempts t where t.agent_id = a.id and t.phase <> 'finished') as busy
    from agents a where id = ${agentId} for no key update`)
  if (row === undefined) return undefined
  // 2. Whoever is refused is shown beside the agent.
  if (!isFreeFor(row, seat)) {
    await tx.rows(sql`update agents set rival_host = ${machine.hostname}, rival_at = now() where id = ${agentId}`)
    return { hostname: row.hostname, since: row.since }
  }
  // 3. The machine is as it says; since when it is this process stays when it is the same.
  const same = row.folder === (seat?.folder ?? null) && row.place === (seat?.place ?? null)
  const executors = machine.executors.map((executor) => (executor === 'sandbox' ? 'docker' : executor))
  await tx.rows(sql`
    update agents set hostname = ${machine.hostname}, cpus = ${machine.cpus}, memory_mb = ${machine.memoryMb}, executors = ${JSON.stringify(executors)}::jsonb, ${seenNow},
      seat_folder = ${seat?.folder ?? null}, seat_place = ${seat?.place ?? null}, seat_since = case when ${same} then coalesce(seat_since, now()) else now() end
    where id = ${agentId}`)
  return undefined
}

function isFreeFor({ folder, place, silentMs, busy }: SeatRow, seat: Seat | undefined): boolean {
  if (folder === null) return true
  if (folder === seat?.folder && place === seat.place) return true
  if (silentMs < seatFreeAfterMs) return false
  // What a folder holds, its next process goes on with; with another one it would be lost.
  return folder === seat?.folder || !busy
}
