/** `status`: badges. `view-builds`: reading builds and artifacts. `all`: what somebody who writes to the project may do. */
export type ProjectTokenScope = 'status' | 'view-builds' | 'all'

export interface ProjectToken {
  readonly id: string
  readonly projectId: string
  readonly scope: ProjectTokenScope
  readonly label: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** Tokens that stand for a project instead of a person. They arrive here hashed, never in the clear. */
export interface ProjectTokens {
  add(token: {
    readonly projectId: string
    readonly scope: ProjectTokenScope
    readonly label: string
    readonly hash: Buffer
    readonly createdBy: string
  }): Promise<ProjectToken>
  /** Marks the token as used (at most once a minute). */
  byHash(hash: Buffer): Promise<ProjectToken | undefined>
  /** Oldest first. */
  of(projectId: string): Promise<readonly ProjectToken[]>
  /** `actorId`: who ends it, for the history. */
  remove(id: string, projectId: string, actorId: string): Promise<boolean>
}
