/**
 * What is stored of a workflow is something no table of the model knows: a newer version wrote it, a hand did, or a bug of ours.
 * Nobody can say what follows; `decided` ends the workflow as `error`.
 */
export class UndecidableError extends Error {
  readonly workflowId: string

  constructor(workflowId: string, message: string) {
    super(message)
    this.workflowId = workflowId
  }
}
