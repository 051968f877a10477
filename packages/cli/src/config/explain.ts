import { type Explained, type ExplainedPart, type ExplainedWorkflow, explainPlan, type Place } from '@rondo/config'
import type { Plan } from '@rondo/model'
import type { Verb, VerbCall } from '../noun.ts'
import { printJson, printProblems, problemForPrograms } from '../print-problems.ts'
import { lookupOf } from '../registry/lookup.ts'
import { checkFlags, compileFile, placeOf } from './compile-file.ts'

export const explainConfig: Verb = {
  name: 'explain',
  usage: 'rondo config explain [FILE]',
  summary: 'print where every job and step of a config comes from',
  flags: checkFlags,
  async run(call) {
    const { file, source, values, answer } = await compileFile(call, { places: true })
    const orbs = answer.plan === undefined ? [] : await orbSources(call, answer.plan)
    const workflows =
      answer.plan === undefined ? [] : explainPlan(answer.plan, new Map([[file, source], ...orbs]), answer.places)
    if (call.given('json'))
      printJson({
        values,
        workflows,
        problems: answer.problems.map((problem) => problemForPrograms(problem, file, source)),
      })
    else {
      printProblems(answer.problems)
      if (answer.plan !== undefined) process.stdout.write(`As on ${placeOf(values)}\n\n`)
      process.stdout.write(workflows.map(workflowText).join('\n'))
      if (answer.plan !== undefined && workflows.length === 0)
        process.stdout.write('No workflow runs. --branch, --tag and --value compile it for others.\n')
    }
    return answer.plan === undefined ? 1 : 0
  },
}

/** The sources of the orbs a plan was made of, by the name its places give them. */
async function orbSources(call: VerbCall, plan: Plan): Promise<readonly (readonly [string, string])[]> {
  if (plan.orbs.length === 0) return []
  const found = await lookupOf(call).resolve(
    plan.orbs.map(({ resolved }) => ({ reference: resolved })),
    null,
  )
  return found.flatMap((orb) => (orb === undefined || 'refused' in orb ? [] : [[orb.resolved, orb.source] as const]))
}

function workflowText({ name, place, jobs }: ExplainedWorkflow): string {
  const lines = [`workflow ${name}  ${placeText(place)}`]
  for (const job of jobs) {
    const kind = job.type === 'build' ? '' : ` (${job.type})`
    const needs = job.requires.length === 0 ? '' : `  after ${job.requires.join(', ')}`
    lines.push(`  ${job.name}${kind}  ${placeText(job.place)}${needs}`)
    for (const part of job.parts) {
      const label = partLabel(part)
      if (label !== undefined) lines.push(`       ${label}  ${placeText(part.place)}${throughText(part)}`)
    }
    for (const [index, step] of job.steps.entries()) {
      lines.push(`    ${String(index + 1).padStart(2)} ${step.name}  ${placeText(step.place)}${throughText(step)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** Parts worth a line of their own; all of them are in the answer for programs. */
function partLabel({ path, value }: ExplainedPart): string | undefined {
  const [first, second] = path
  const last = path.at(-1)
  if (first === 'requires' && last === 'node') return `after ${value}`
  if (first === 'contexts') return `context ${value}`
  if (first === 'executor') return last === 'image' || last === 'xcode' ? `${last} ${value}` : undefined
  if (first === 'environment' && typeof second === 'number' && last === 'name') return `variable ${value}`
  return first === 'resourceClass' ? `resource class ${value}` : undefined
}

function throughText({ through }: Explained): string {
  return through.map(({ kind, name, place }) => `\n         in ${kind} ${name}, called at ${placeText(place)}`).join('')
}

function placeText({ file, line, column }: Place): string {
  return line === undefined ? file : `${file}:${line}:${column}`
}
