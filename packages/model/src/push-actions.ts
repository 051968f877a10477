import type { Pipeline } from './pipeline.ts'
import type { NewPush, NotedPush } from './ports/pushes.ts'
import type { PushedRef } from './ports/repositories.ts'
import type { Project } from './project.ts'

/** A branch or tag that a push moved. */
interface Moved {
  readonly name: string
  readonly branch: boolean
}

/** What became of one branch or tag of a push. */
export type PushOutcome = Moved &
  (
    | { readonly kind: 'deleted' }
    /** It is a pull request from a fork, which the project does not build. */
    | { readonly kind: 'fork' }
    /** Its head commit asks for no pipeline. */
    | { readonly kind: 'skipped' }
    | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
    /** `again`: it is tried again by itself. */
    | { readonly kind: 'failed'; readonly error: unknown; readonly again: boolean }
  )

/** What follows from pushes to repositories that live here. */
export interface PushActions {
  /** Before Git moves a ref: what follows from it will be done, whoever ends in between. */
  note(push: NewPush): Promise<NotedPush>
  /** Does what follows from the refs that moved, each once, however often it is asked; `[]`: none did. Never throws. */
  follow(project: Project, push: NotedPush, moved: readonly PushedRef[]): Promise<readonly PushOutcome[]>
}
