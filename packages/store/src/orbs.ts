import {
  AppError,
  type Orb,
  type OrbCategory,
  type OrbNamespace,
  type OrbStatistics,
  type OrbStore,
} from '@rondo/model'
import sql, { raw, type Sql } from 'sql-template-tag'
import { type Database, isDuplicate } from './database.ts'
import { recordNamespace, recordOrb } from './orbs-events.ts'
import { createOrbVersions } from './orbs-versions.ts'

const namespaceColumns = raw(
  `n.id, n.name, n.organization_id as "organizationId", n.certified, n.created_at as "createdAt"`,
)
const orbColumns = raw(
  `o.id, o.namespace_id as "namespaceId", n.organization_id as "organizationId", n.name || '/' || o.name as name, o.private, o.listed, n.certified, o.created_at as "createdAt"`,
)
const maxCategories = 2

/** Namespaces, orbs and categories; versions stand in `orbs-versions.ts`. */
export function createOrbStore(database: Database): OrbStore {
  async function first<Row extends object>(statement: Sql): Promise<Row | undefined> {
    return (await database.rows<Row>(statement))[0]
  }
  const named = (name: string) =>
    sql`(n.name = ${name} or n.id = (select namespace_id from orb_namespace_aliases where name = ${name}))`
  const orbWhere = (where: Sql) =>
    first<Orb>(sql`select ${orbColumns} from orbs o join orb_namespaces n on n.id = o.namespace_id where ${where}`)

  return {
    ...createOrbVersions(database),

    createNamespace: ({ name, organizationId }, actorId) =>
      refuseDuplicate(`There is a namespace ${name} already. Choose another name.`, () =>
        database.transact(async (tx) => {
          const [created] = await tx.rows<OrbNamespace>(sql`
            insert into orb_namespaces as n (name, organization_id)
            select ${name}, ${organizationId}::uuid where not exists (select from orb_namespace_aliases where name = ${name})
            returning ${namespaceColumns}`)
          if (created === undefined) return taken(name)
          await recordNamespace(tx, 'namespace.created', created.id, actorId)
          return created
        }),
      ),
    namespace: (name) =>
      first<OrbNamespace>(sql`select ${namespaceColumns} from orb_namespaces n where ${named(name)}`),
    namespaceById: (id) => first<OrbNamespace>(sql`select ${namespaceColumns} from orb_namespaces n where id = ${id}`),
    renameNamespace: (id, name, actorId) =>
      refuseDuplicate(`There is a namespace ${name} already. Choose another name.`, () =>
        database.transact(async (tx) => {
          await tx.rows(sql`delete from orb_namespace_aliases where name = ${name} and namespace_id = ${id}`)
          const other = await tx.rows(sql`select from orb_namespace_aliases where name = ${name}`)
          if (other.length > 0) return taken(name)
          await tx.rows(sql`
            insert into orb_namespace_aliases (name, namespace_id) select name, id from orb_namespaces where id = ${id} and name <> ${name}`)
          const rows = await tx.rows<OrbNamespace>(
            sql`update orb_namespaces as n set name = ${name} where id = ${id} returning ${namespaceColumns}`,
          )
          await recordNamespace(tx, 'namespace.changed', id, actorId)
          return rows[0]
        }),
      ),
    setCertified: (id, certified, actorId) =>
      database.transact(async (tx) => {
        const rows = await tx.rows<OrbNamespace>(
          sql`update orb_namespaces as n set certified = ${certified} where id = ${id} returning ${namespaceColumns}`,
        )
        await recordNamespace(tx, 'namespace.changed', id, actorId, { certified })
        return rows[0]
      }),
    deleteNamespaceAlias: (name, actorId) =>
      database.transact(async (tx) => {
        const [gone] = await tx.rows<{ id: string }>(
          sql`delete from orb_namespace_aliases where name = ${name} returning namespace_id as id`,
        )
        if (gone !== undefined) await recordNamespace(tx, 'namespace.changed', gone.id, actorId, { alias: name })
        return gone !== undefined
      }),
    deleteNamespace: (id, actorId) =>
      database.transact(async (tx) => {
        await recordNamespace(tx, 'namespace.deleted', id, actorId)
        return (await tx.rows(sql`delete from orb_namespaces where id = ${id} returning id`)).length > 0
      }),

    createOrb: ({ namespaceId, name, private: hidden }, actorId) =>
      refuseDuplicate(`There is an orb ${name} in this namespace already. Choose another name.`, () =>
        database.transact(async (tx) => {
          const [created] = await tx.rows<Orb>(sql`
            with o as (insert into orbs (namespace_id, name, private) values (${namespaceId}, ${name}, ${hidden}) returning *)
            select ${orbColumns} from o join orb_namespaces n on n.id = o.namespace_id`)
          await recordOrb(tx, 'orb.created', created!.id, actorId, { private: hidden })
          return created!
        }),
      ),
    orb(name) {
      const [namespace = '', orb = ''] = name.split('/')
      return orbWhere(sql`${named(namespace)} and o.name = ${orb}`)
    },
    orbById: (id) => orbWhere(sql`o.id = ${id}`),
    async orbs(filter, page) {
      const where = sql`
        (not o.private or ${filter.organizations === 'all'} or n.organization_id = any(${filter.organizations === 'all' ? [] : [...filter.organizations]}::uuid[]))
        and (n.certified or not ${filter.certified ?? false}::boolean)
        and (o.listed or ${filter.unlisted ?? false})
        and (${filter.namespaceId ?? null}::uuid is null or n.id = ${filter.namespaceId ?? null})
        and (${filter.private ?? null}::boolean is null or o.private = ${filter.private ?? null})
        and (${filter.search ?? null}::text is null or position(${filter.search ?? ''} in n.name || '/' || o.name) > 0)`
      const joined = sql`from orbs o join orb_namespaces n on n.id = o.namespace_id where ${where}`
      const [rows, counted] = await Promise.all([
        database.rows<Orb>(sql`
          select ${orbColumns} ${joined} and (n.name || '/' || o.name) collate "C" > ${page.after ?? ''}
          order by (n.name || '/' || o.name) collate "C" limit ${page.limit + 1}`),
        first<{ total: number }>(sql`select count(*) as total ${joined}`),
      ])
      return { items: rows.slice(0, page.limit), total: counted?.total ?? 0, hasMore: rows.length > page.limit }
    },
    setListed: (orbId, listed, actorId) =>
      database.transact(async (tx) => {
        await tx.rows(sql`update orbs set listed = ${listed} where id = ${orbId}`)
        await recordOrb(tx, 'orb.changed', orbId, actorId, { listed })
      }),

    categories: () => database.rows<OrbCategory>(sql`select id, name from orb_categories order by name`),
    categoriesOf: (orbId) =>
      database.rows<OrbCategory>(sql`
        select c.id, c.name from orb_categories c join orb_categorizations x on x.category_id = c.id where x.orb_id = ${orbId} order by c.name`),
    addCategory: (orbId, categoryId, actorId) =>
      database.transact(async (tx) => {
        await tx.rows(sql`select from orbs where id = ${orbId} for update`)
        const present = await tx.rows<{ id: string }>(
          sql`select category_id as id from orb_categorizations where orb_id = ${orbId}`,
        )
        if (present.some(({ id }) => id === categoryId)) return
        if (present.length >= maxCategories)
          throw new AppError('conflict', `An orb has at most ${maxCategories} categories. Remove one first.`)
        await tx.rows(sql`insert into orb_categorizations (orb_id, category_id) values (${orbId}, ${categoryId})`)
        await recordOrb(tx, 'orb.changed', orbId, actorId, { addedCategory: categoryId })
      }),
    removeCategory: (orbId, categoryId, actorId) =>
      database.transact(async (tx) => {
        await tx.rows(sql`delete from orb_categorizations where orb_id = ${orbId} and category_id = ${categoryId}`)
        await recordOrb(tx, 'orb.changed', orbId, actorId, { removedCategory: categoryId })
      }),

    statistics: async (name) =>
      (await first<OrbStatistics>(sql`
        select count(distinct pl.id) as builds, count(distinct pl.project_id) as projects, count(distinct p.organization_id) as organizations
        from pipeline_orbs x join pipelines pl on pl.id = x.pipeline_id join projects p on p.id = pl.project_id
        where split_part(x.resolved, '@', 1) = ${name} and pl.created_at > now() - interval '30 days'`)) ?? {
        builds: 0,
        projects: 0,
        organizations: 0,
      },
  }
}

function taken(name: string): never {
  throw new AppError('conflict', `There is a namespace ${name} already. Choose another name.`)
}

async function refuseDuplicate<T>(message: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isDuplicate(cause)) throw new AppError('conflict', message, { cause })
    throw cause
  }
}
