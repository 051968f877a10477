import { agentSilentAfterMs } from '@rondo/model'
import sql, { type Sql } from 'sql-template-tag'

/** Sets when an agent was heard of, and since when it is there without a break. */
export const seenNow: Sql = sql`seen_at = now(),
  back_at = case when agents.seen_at < now() - ${agentSilentAfterMs} * interval '1 ms' then now() else agents.back_at end`
