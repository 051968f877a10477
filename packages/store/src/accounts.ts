import {
  type Accounts,
  type ApiToken,
  AppError,
  defaultProjectSettings,
  type EventKind,
  type Organization,
  type OrganizationRole,
  type Project,
  type User,
} from '@rondo/model'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { type Database, isDuplicate } from './database.ts'
import { type ProjectRow, projectColumns } from './rows.ts'

const userColumns = raw(`u.id, u.login, u.name, u.admin, u.created_at as "createdAt"`)
const organizationColumns = raw(`o.id, o.vcs_type as "vcsType", o.name, o.created_at as "createdAt"`)
const tokenColumns = raw(`id, user_id as "userId", label, created_at as "createdAt", last_used_at as "lastUsedAt"`)

/** The event of a personal token `t`, in the statement that makes it true (rule D-06). Only its owner makes and ends it. */
const personalTokenFact = (kind: EventKind) => sql`
  insert into events (kind, actor_id, data) select ${kind}, t.user_id, jsonb_build_object('kind', 'personal', 'name', t.label) from t`

/** Users, tokens, sessions, organisations and projects. */
export function createAccounts(database: Database): Accounts {
  async function first<Row extends object>(statement: Sql): Promise<Row | undefined> {
    return (await database.rows<Row>(statement))[0]
  }

  async function often<Row extends object>(statement: Sql): Promise<Row | undefined> {
    return (await database.frequent.rows<Row>(statement))[0]
  }

  async function insert<Row extends object>(statement: Sql, what: string): Promise<Row> {
    try {
      const row = await first<Row>(statement)
      if (row === undefined) throw new Error(`nothing came back for ${what}`)
      return row
    } catch (cause) {
      if (!isDuplicate(cause)) throw cause
      throw new AppError('conflict', `There is a ${what} already. Choose another name.`, { cause })
    }
  }

  const projects = (where: Sql) =>
    sql`select ${projectColumns} from projects p join organizations o on o.id = p.organization_id ${where}`

  return {
    createUser: ({ login, name, passwordHash, admin, token }) =>
      insert<User>(
        sql`
          with u as (
            insert into users (login, name, password_hash, admin) values (${login}, ${name}, ${passwordHash}, ${admin}) returning *),
          t as (
            insert into api_tokens (user_id, label, hash)
            select u.id, ${token?.label ?? ''}::text, ${token?.hash ?? null}::bytea from u where ${token !== undefined}::boolean)
          select ${userColumns} from u`,
        `user ${login}`,
      ),
    user: (id) => first<User>(sql`select ${userColumns} from users u where id = ${id}`),
    userByLogin: (login) =>
      first<User & { passwordHash: string | null }>(
        sql`select ${userColumns}, password_hash as "passwordHash" from users u where login = ${login}`,
      ),
    userCount: async () => (await first<{ count: number }>(sql`select count(*) from users`))?.count ?? 0,

    addToken: (token) =>
      insert<ApiToken>(
        sql`
          with t as (insert into api_tokens (user_id, label, hash) values (${token.userId}, ${token.label}, ${token.hash}) returning *),
            fact as (${personalTokenFact('token.made')})
          select ${tokenColumns} from t`,
        'token',
      ),
    async userByTokenHash(hash) {
      const row = await often<User & { stale: boolean }>(sql`
        select ${userColumns}, (t.last_used_at is null or t.last_used_at < now() - interval '1 minute') as stale
        from api_tokens t join users u on u.id = t.user_id where t.hash = ${hash}`)
      if (row === undefined) return undefined
      const { stale, ...user } = row
      if (stale) await database.rows(sql`update api_tokens set last_used_at = now() where hash = ${hash}`)
      return user
    },
    tokensOf: (userId) =>
      database.rows<ApiToken>(
        sql`select ${tokenColumns} from api_tokens where user_id = ${userId} order by created_at`,
      ),
    deleteToken: async (id, userId) =>
      (
        await database.rows(sql`
          with t as (delete from api_tokens where id = ${id} and user_id = ${userId} returning *),
            fact as (${personalTokenFact('token.revoked')})
          select id from t`)
      ).length > 0,

    async addSession(session) {
      await database.rows(
        sql`insert into sessions (hash, user_id, expires_at) values (${session.hash}, ${session.userId}, ${session.expiresAt})`,
      )
    },
    userBySessionHash: (hash) =>
      often<User>(
        sql`select ${userColumns} from sessions s join users u on u.id = s.user_id where s.hash = ${hash} and s.expires_at > now()`,
      ),
    async deleteSession(hash) {
      await database.rows(sql`delete from sessions where hash = ${hash}`)
    },

    createOrganization: (organization) =>
      insert<Organization>(
        sql`
        with o as (insert into organizations (vcs_type, name) values (${organization.vcsType}, ${organization.name}) returning *),
             m as (insert into members (organization_id, user_id, role) select o.id, ${organization.ownerId}, 'admin' from o)
        select ${organizationColumns} from o`,
        `organisation ${organization.name}`,
      ),
    organization: (id) => often<Organization>(sql`select ${organizationColumns} from organizations o where id = ${id}`),
    organizationByName: (vcsType, name) =>
      often<Organization>(
        sql`select ${organizationColumns} from organizations o where vcs_type = ${vcsType} and name = ${name}`,
      ),
    organizationsOf: (userId) =>
      database.rows<Organization & { role: OrganizationRole }>(sql`
        select ${organizationColumns}, m.role from organizations o join members m on m.organization_id = o.id where m.user_id = ${userId} order by o.name`),
    async setMember(organizationId, userId, role) {
      await database.rows(
        sql`insert into members (organization_id, user_id, role) values (${organizationId}, ${userId}, ${role}) on conflict (organization_id, user_id) do update set role = excluded.role`,
      )
    },
    roleIn: async (organizationId, userId) =>
      (
        await often<{ role: OrganizationRole }>(
          sql`select role from members where organization_id = ${organizationId} and user_id = ${userId}`,
        )
      )?.role,

    createProject: (project) =>
      insert<ProjectRow>(
        sql`
        with p as (insert into projects (organization_id, name, default_branch) values (${project.organizationId}, ${project.name}, ${project.defaultBranch}) returning *)
        select ${projectColumns} from p join organizations o on o.id = p.organization_id`,
        `project ${project.name}`,
      ),
    project: (id) => often<Project>(projects(sql`where p.id = ${id}`)),
    projectByName: (vcsType, organization, name) =>
      often<Project>(projects(sql`where o.vcs_type = ${vcsType} and o.name = ${organization} and p.name = ${name}`)),
    projectsVisibleTo: (user) =>
      database.rows<Project>(
        projects(
          sql`${user.admin ? empty : sql`where o.id in (select organization_id from members where user_id = ${user.id})`} order by o.name, p.name`,
        ),
      ),
    async saveProjectSettings(projectId, changes) {
      const row = await first<Project>(sql`
        with p as (update projects set settings = settings || ${JSON.stringify(changes)}::jsonb where id = ${projectId} returning *)
        select ${projectColumns} from p join organizations o on o.id = p.organization_id`)
      return row?.settings ?? defaultProjectSettings
    },
    async setDefaultBranch(projectId, branch) {
      await database.rows(sql`update projects set default_branch = ${branch} where id = ${projectId}`)
    },
  }
}
