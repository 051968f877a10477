/** A stored blob, addressed by the sha256 of its bytes (rule D-10). */
export interface StoredObject {
  readonly digest: string
  readonly size: number
}

export interface Artifact {
  readonly jobId: string
  readonly nodeIndex: number
  readonly path: string
  readonly object: StoredObject
}

/** What an image's name stood for in a job: the registry's digest, or `local:` and an id when it came from none. */
export interface JobImage {
  /** Place in the config; 0 is the primary container's. */
  readonly position: number
  readonly image: string
  readonly digest: string
}

export interface CacheEntry {
  readonly projectId: string
  readonly key: string
  readonly object: StoredObject
  readonly createdAt: Date
}

/** What one slice of a job persisted; layers of upstream jobs are applied in graph order. */
export interface WorkspaceLayer extends StoredObject {
  readonly jobId: string
  readonly nodeIndex: number
}

/** What tests are called when they are shared out: by their file, their class, or one by one. */
export type TimingKey = 'filename' | 'classname' | 'testname'

export interface TestTiming {
  readonly name: string
  /** All results of that name together. */
  readonly seconds: number
}

export type TestOutcome = 'success' | 'failure' | 'error' | 'skipped'

export interface TestResult {
  readonly name: string
  readonly classname: string
  readonly file: string | null
  readonly result: TestOutcome
  readonly message: string
  /** Seconds. */
  readonly runTime: number
  readonly source: string
}
