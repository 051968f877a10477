import type { EngineStore } from '@rondo/model'
import type { AttemptCredentials } from './attempt-credentials.ts'

/**
 * The project that a job's checkout password opens; undefined when it opens nothing. It is void as soon as its attempt has
 * ended or another has taken its place, whatever became of the job.
 */
export async function checkoutProject(
  ports: { readonly engine: EngineStore; readonly credentials: AttemptCredentials },
  password: string,
): Promise<string | undefined> {
  const attemptId = ports.credentials.verify(password)
  if (attemptId === undefined) return undefined
  const { identity, open } = await ports.engine.attemptContext(attemptId)
  return open && identity.granted ? identity.projectId : undefined
}
