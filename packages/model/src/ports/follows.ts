import type { Project } from '../project.ts'

/** Whose builds somebody wants in their lists. Following gives no right to anything. */
export interface Follows {
  follow(userId: string, projectId: string): Promise<void>
  unfollow(userId: string, projectId: string): Promise<void>
  /** By name; only what the user can still see. */
  followedBy(userId: string): Promise<readonly Project[]>
}
