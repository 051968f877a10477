import type { Job, Refusal } from '@rondo/model'

/** Why a job does not run, for the history: which of its requirements ended otherwise than it asks for. */
export function whyNotRun({ requires }: Pick<Job, 'requires'>, { node, ended }: Refusal): string {
  const wanted = requires.find((requirement) => requirement.node === node)?.statuses ?? []
  return `it requires ${node} to end as ${wanted.join(' or ')}, and ${node} ended as ${ended}`
}
