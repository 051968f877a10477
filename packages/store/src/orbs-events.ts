import type { EventKind } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

type RegistryEvent = Extract<EventKind, `${'namespace' | 'orb'}.${string}`>

/** What happened to a namespace, for those who follow; in the transaction that made it so. */
export async function recordNamespace(
  tx: Runner,
  kind: RegistryEvent,
  namespaceId: string,
  actorId: string | null,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await tx.rows(sql`
    insert into events (kind, organization_id, actor_id, data)
    select ${kind}, n.organization_id, ${actorId}::uuid, jsonb_build_object('namespace', n.name) || ${JSON.stringify(data)}::jsonb
    from orb_namespaces n where n.id = ${namespaceId}`)
}

/** What happened to an orb. */
export async function recordOrb(
  tx: Runner,
  kind: RegistryEvent,
  orbId: string,
  actorId: string | null,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await tx.rows(sql`
    insert into events (kind, organization_id, actor_id, data)
    select ${kind}, n.organization_id, ${actorId}::uuid, jsonb_build_object('orb', n.name || '/' || o.name) || ${JSON.stringify(data)}::jsonb
    from orbs o join orb_namespaces n on n.id = o.namespace_id where o.id = ${orbId}`)
}
