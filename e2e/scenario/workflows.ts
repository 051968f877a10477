import type { Stack } from '@rondo/testkit'

export interface NamedWorkflow {
  readonly id: string
  /** Of several with one name, the second is called `NAME (2)`. */
  readonly name: string
  readonly status: string
}

/** Workflows of a pipeline, oldest first, under names of their own. */
export async function workflowsOf(stack: Stack, pipelineId: string): Promise<readonly NamedWorkflow[]> {
  const seen = new Map<string, number>()
  const workflows = await stack.api<{ items: (NamedWorkflow & { created_at: string })[] }>(
    'GET',
    `/api/v2/pipeline/${pipelineId}/workflow`,
  )
  return workflows.items
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    .map(({ id, name, status }) => {
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      return { id, name: count === 1 ? name : `${name} (${count})`, status }
    })
}
