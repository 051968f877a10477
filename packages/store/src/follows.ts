import type { Follows } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Database } from './database.ts'
import { type ProjectRow, projectColumns } from './rows.ts'

/** Who follows which project. */
export function createFollows(database: Database): Follows {
  return {
    async follow(userId, projectId) {
      await database.rows(
        sql`insert into follows (user_id, project_id) values (${userId}, ${projectId}) on conflict do nothing`,
      )
    },
    async unfollow(userId, projectId) {
      await database.rows(sql`delete from follows where user_id = ${userId} and project_id = ${projectId}`)
    },
    followedBy: (userId) =>
      database.rows<ProjectRow>(sql`
        select ${projectColumns} from follows f join projects p on p.id = f.project_id join organizations o on o.id = p.organization_id
        where f.user_id = ${userId} and (exists (select from members m where m.organization_id = o.id and m.user_id = ${userId})
          or exists (select from users u where u.id = ${userId} and u.admin))
        order by o.name, p.name`),
  }
}
