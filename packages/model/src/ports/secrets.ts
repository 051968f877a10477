/** A secret as it lies in the database: sealed by the key ring. `hint` is what masked listings show: the last four characters, or less. */
export interface SealedSecret {
  readonly name: string
  readonly sealed: Buffer
  readonly hint: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface ContextRecord {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly createdAt: Date
}

/** A project that may use a context; one with any restriction is closed to all other projects. */
export interface ContextRestriction {
  readonly id: string
  readonly contextId: string
  readonly projectId: string
  readonly projectName: string
}

/** Project variables and contexts. Values enter and leave sealed; nothing here can read them. */
export interface SecretStore {
  setProjectVariable(projectId: string, secret: { name: string; sealed: Buffer; hint: string }): Promise<SealedSecret>
  projectVariables(projectId: string): Promise<readonly SealedSecret[]>
  deleteProjectVariable(projectId: string, name: string): Promise<boolean>

  /** AppError `conflict` when the organisation has a context of that name. */
  createContext(organizationId: string, name: string): Promise<ContextRecord>
  context(id: string): Promise<ContextRecord | undefined>
  contextByName(organizationId: string, name: string): Promise<ContextRecord | undefined>
  contextsOf(organizationId: string): Promise<readonly ContextRecord[]>
  deleteContext(id: string): Promise<boolean>
  setContextVariable(contextId: string, secret: { name: string; sealed: Buffer; hint: string }): Promise<SealedSecret>
  contextVariables(contextId: string): Promise<readonly SealedSecret[]>
  /** By the names of the projects. */
  restrictionsOf(contextId: string): Promise<readonly ContextRestriction[]>
  /** AppError `conflict` when the context is restricted to that project already. */
  addRestriction(contextId: string, projectId: string): Promise<ContextRestriction>
  deleteRestriction(id: string, contextId: string): Promise<boolean>
  deleteContextVariable(contextId: string, name: string): Promise<boolean>
}
