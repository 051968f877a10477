import type { UsageRecord, UsageStore } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Database } from './database.ts'

/** What jobs use of their machines. A report is the whole series so far, so one that comes late or twice does no harm. */
export function createUsageStore(database: Database): UsageStore {
  return {
    async save(attemptId, usage) {
      await database.rows(sql`
        insert into attempt_usage (attempt_id, started_at, interval_ms, cpus, memory_mb, cpu_milli, memory_kb)
        values (${attemptId}, ${usage.startedAt}, ${usage.intervalMs}, ${usage.cpus}, ${usage.memoryMb}, ${[...usage.cpuMilli]}::int[], ${[...usage.memoryKb]}::int[])
        on conflict (attempt_id) do update set interval_ms = excluded.interval_ms, cpu_milli = excluded.cpu_milli, memory_kb = excluded.memory_kb
        where attempt_usage.interval_ms * cardinality(attempt_usage.cpu_milli) <= excluded.interval_ms * cardinality(excluded.cpu_milli)`)
    },
    ofJob: (jobId) =>
      database.rows<UsageRecord & { slice: number }>(sql`
        select t.index as slice, u.started_at as "startedAt", u.interval_ms as "intervalMs", u.cpus, u.memory_mb as "memoryMb",
          u.cpu_milli as "cpuMilli", u.memory_kb as "memoryKb"
        from tasks t join attempt_usage u on u.attempt_id = t.attempt_id where t.job_id = ${jobId} order by t.index`),
  }
}
