import type { HoldFacts, Job, Result } from '@rondo/model'

const onlyFailed = 'Only what failed is kept.'

/** Why nobody can enter the environment of a job's slice, in words; `facts` undefined: there is no such slice, or nothing of it ran. */
export function explainNoHold(
  job: Pick<Job, 'name' | 'parallelism' | 'status'>,
  slice: number,
  facts: HoldFacts | undefined,
): string {
  if (facts === undefined)
    return slice < job.parallelism
      ? `${job.name} has run nothing (${job.status}). ${onlyFailed}`
      : `${job.name} has no slice ${slice}: it has ${job.parallelism}, from 0 to ${job.parallelism - 1}.`
  const { phase, result, until } = facts
  const which = facts.slices === 1 ? facts.jobName : `${facts.jobName}, slice ${slice},`
  if (phase === 'queued') return `${which} waits for an agent. ${onlyFailed}`
  if (phase === 'running') return `${which} is still running. Only what failed is kept, once it has ended.`
  if (result !== 'failed') return `${which} ${endings[result ?? 'unknown']}. ${onlyFailed}`
  return `The environment of ${which} ${until === null ? `ended with the job: ${whyNever(facts)}` : whyNoLonger(facts, until)}`
}

const endings: Readonly<Record<Exclude<Result, 'failed'>, string>> = {
  passed: 'passed',
  canceled: 'was canceled',
  'timed-out': 'took too long',
  lost: 'was lost with its agent',
  unknown: 'ended in a way that nobody knows',
  skipped: 'was skipped',
}

function whyNever({ asked, forbidden, fork, projectSlug }: HoldFacts): string {
  if (fork) return 'none of a pull request from a fork is kept.'
  if (forbidden) return `${projectSlug} has the setting disable_ssh, with which none is kept.`
  if (!asked)
    return `${projectSlug} keeps none. \`rondo hold ${projectSlug} on\` keeps those of jobs that fail from now on.`
  return 'its agent was drained then, as many as its organization may keep (RONDO_HOLDS) were kept, or its project kept none yet.'
}

function whyNoLonger({ ended, agent }: HoldFacts, until: Date): string {
  switch (ended?.why) {
    case 'drained':
      return `is kept no longer: its agent ${agent} was drained at ${moment(ended.at)} UTC.`
    case 'released':
      return `is kept no longer: ${ended.by ?? 'somebody'} gave it back at ${moment(ended.at)} UTC.`
    default:
      return `was kept until ${moment(until)} UTC; that time is over.`
  }
}

const moment = (at: Date) => at.toISOString().slice(11, 16)
