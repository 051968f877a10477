import type { PipelineView } from '@rondo/protocol'

/** What the server advises is for those it has an administrator for; a run on this machine is given things by its call. */

/** To be added to what is wrong with a config whose orb is missing. */
export function orbsHere(problems: string): string {
  return problems.includes('[orb-not-found]')
    ? '\n\nFor a run on this machine: rondo run --orbs FOLDER, with a file NAMESPACE/NAME@1.2.3.yml for each orb.'
    : ''
}

/** Lines after a run some of whose jobs had no context. */
export function contextsHere({ workflows }: Pick<PipelineView, 'workflows'>): readonly string[] {
  const messages = workflows.flatMap(({ jobs }) => jobs.map((job) => job.message ?? ''))
  const missing = messages.flatMap((message) =>
    [...message.matchAll(/There is no context named (.+?) in this organisation\./g)].map(([, name = '']) => name),
  )
  if (missing.length === 0) return []
  const given = [...new Set(missing)]
    .map((name) => (/\s/.test(name) ? `--context '${name}=FILE'` : `--context ${name}=FILE`))
    .join(' ')
  return ['', `For a run on this machine: rondo run ${given}, with a file of lines NAME=value.`]
}
