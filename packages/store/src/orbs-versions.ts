import {
  AppError,
  type NewOrbVersion,
  type OrbImport,
  type OrbStore,
  type OrbVersion,
  parseRelease,
} from '@rondo/model'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { type Database, isDuplicate, type Runner } from './database.ts'
import { recordOrb } from './orbs-events.ts'

type Versions = Pick<
  OrbStore,
  | 'addRelease'
  | 'addNextRelease'
  | 'putDevVersion'
  | 'version'
  | 'importsOf'
  | 'setImports'
  | 'releases'
  | 'devVersions'
  | 'dropExpired'
  | 'source'
>

const columns = raw(
  `v.id, v.orb_id as "orbId", v.version, v.digest, v.created_at as "createdAt", v.expires_at as "expiresAt"`,
)
const newestFirst = raw(`v.major desc, v.minor desc, v.patch desc`)
const alive = raw(`(v.expires_at is null or v.expires_at > now())`)

/** Versions of orbs: releases never change, dev versions are overwritten and expire. */
export function createOrbVersions(database: Database): Versions {
  return {
    async addRelease(version) {
      try {
        return await database.transact((tx) => insertRelease(tx, version))
      } catch (cause) {
        if (!isDuplicate(cause)) throw cause
        throw new AppError(
          'conflict',
          `Version ${version.version} is published already, and a published version never changes. Publish the next one.`,
          { cause },
        )
      }
    },
    addNextRelease: (version, number) =>
      database.transact(async (tx) => {
        await tx.rows(sql`select from orbs where id = ${version.orbId} for update`)
        const [newest] = await releases(tx, version.orbId, 1)
        return insertRelease(tx, { ...version, version: number(newest?.version) })
      }),
    putDevVersion: (version) =>
      database.transact(async (tx) => {
        await insertSource(tx, version)
        const rows = await tx.rows<OrbVersion>(sql`
          insert into orb_versions as v (orb_id, version, digest, imports, published_by, expires_at)
          values (${version.orbId}, ${version.version}, ${version.digest}, ${JSON.stringify(version.imports)}::jsonb, ${version.publishedBy}, now() + interval '90 days')
          on conflict (orb_id, version) do update set digest = excluded.digest, imports = excluded.imports,
            published_by = excluded.published_by, created_at = now(), expires_at = excluded.expires_at
          returning ${columns}`)
        await recordPublished(tx, version)
        return rows[0]!
      }),
    async version(orbId, wanted) {
      const matches =
        wanted.kind === 'dev'
          ? sql`v.version = ${wanted.version} and v.expires_at > now()`
          : sql`v.major is not null ${part('major', wanted.major)} ${part('minor', wanted.minor)} ${part('patch', wanted.patch)}`
      const rows = await database.rows<OrbVersion & { source: string }>(sql`
        select ${columns}, s.source from orb_versions v join orb_sources s on s.digest = v.digest
        where v.orb_id = ${orbId} and ${matches} order by ${newestFirst} limit 1`)
      return rows[0]
    },
    importsOf: async (orbId, version) =>
      (
        await database.rows<{ imports: readonly OrbImport[] }>(
          sql`select v.imports from orb_versions v where v.orb_id = ${orbId} and v.version = ${version} and ${alive}`,
        )
      )[0]?.imports ?? [],
    async setImports(versionId, imports) {
      await database.rows(
        sql`update orb_versions set imports = ${JSON.stringify(imports)}::jsonb where id = ${versionId}`,
      )
    },
    releases: (orbId, limit) => releases(database, orbId, limit),
    devVersions: (orbId) =>
      database.rows<OrbVersion>(
        sql`select ${columns} from orb_versions v where v.orb_id = ${orbId} and v.expires_at > now() order by v.version`,
      ),
    dropExpired: (limit) =>
      database.transact(async (tx) => {
        const gone = await tx.rows<{ orbId: string; version: string }>(sql`
          delete from orb_versions where id in (
            select id from orb_versions where expires_at < now() order by expires_at limit ${limit} for update skip locked)
          returning orb_id as "orbId", version`)
        for (const { orbId, version } of gone) await recordOrb(tx, 'orb.changed', orbId, null, { expired: version })
        return gone.length
      }),
    source: async (digest) =>
      (await database.rows<{ source: string }>(sql`select source from orb_sources where digest = ${digest}`))[0]
        ?.source,
  }
}

function part(name: 'major' | 'minor' | 'patch', value: number | undefined): Sql {
  return value === undefined ? empty : sql`and ${raw(`v.${name}`)} = ${value}`
}

function releases(runner: Runner, orbId: string, limit?: number): Promise<readonly OrbVersion[]> {
  return runner.rows<OrbVersion>(sql`
    select ${columns} from orb_versions v where v.orb_id = ${orbId} and v.major is not null
    order by ${newestFirst} limit ${limit ?? null}`)
}

async function insertRelease(tx: Runner, version: NewOrbVersion): Promise<OrbVersion> {
  const release = parseRelease(version.version)
  if (release === undefined) throw new Error(`${version.version} is not a release`)
  await insertSource(tx, version)
  const rows = await tx.rows<OrbVersion>(sql`
    insert into orb_versions as v (orb_id, version, major, minor, patch, digest, imports, published_by)
    values (${version.orbId}, ${version.version}, ${release.major}, ${release.minor}, ${release.patch}, ${version.digest},
      ${JSON.stringify(version.imports)}::jsonb, ${version.publishedBy})
    returning ${columns}`)
  await recordPublished(tx, version)
  return rows[0]!
}

async function recordPublished(tx: Runner, { orbId, version, digest, publishedBy }: NewOrbVersion): Promise<void> {
  await recordOrb(tx, 'orb.published', orbId, publishedBy, { version, digest })
}

async function insertSource(tx: Runner, { digest, source }: { digest: string; source: string }): Promise<void> {
  await tx.rows(sql`insert into orb_sources (digest, source) values (${digest}, ${source}) on conflict do nothing`)
}
