/**
 * What a server process can do. `api`: pages, APIs and Git; `agents`: the agents' port, output and objects; `conductor`:
 * leases, chores, limits and continuations; `cron`: schedules. Each may run in any number of processes.
 */
export const allRoles = ['api', 'agents', 'conductor', 'cron'] as const
export type Role = (typeof allRoles)[number]
