import { parse } from 'yaml'
import { jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { describeOrb, type OrbDescription } from '../registry/describe-orb.ts'
import { fetchVersion } from '../registry/remote-lookup.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { elementsOf, examplesOf, type OrbElement } from './elements.ts'
import { requireReference } from './reference.ts'

export const infoOfOrb: Verb = {
  name: 'info',
  usage: 'rondo orb info NAMESPACE/NAME[@VERSION]',
  summary: 'versions, categories, and the commands, jobs, executors and usage examples of a version',
  most: 1,
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const client = serverOf(call)
    const reference = requireReference(call.arguments[0])
    const orb = await describeOrb(client, reference.slice(0, reference.indexOf('@')))
    const shown = await fetchVersion(client, reference)
    const source: unknown = shown === undefined ? undefined : parse(shown.source)
    const elements = elementsOf(source)
    const examples = examplesOf(source)
    if (call.given('json')) printJson({ ...orb, shown: shown?.version ?? null, elements, examples })
    else {
      process.stdout.write(aboutText(orb))
      if (shown === undefined) process.stdout.write(`\nNothing of it is published as ${reference}.\n`)
      else process.stdout.write(`\n${orb.name}@${shown.version}\n${elementsText(elements)}${examplesText(examples)}`)
    }
    return shown === undefined && call.arguments[0]?.includes('@') ? 1 : 0
  },
}

/** Older releases than these are counted. */
const shownReleases = 10

function aboutText(orb: OrbDescription): string {
  const kinds = [
    orb.isPrivate ? 'private' : 'public',
    ...(orb.isListed ? [] : ['unlisted']),
    ...(orb.isCertified ? ['certified'] : []),
  ]
  const older = orb.versions.length - shownReleases
  const releases = orb.versions
    .slice(0, shownReleases)
    .map(({ version, createdAt }) => `  ${version.padEnd(12)} ${createdAt.slice(0, 10)}`)
  const dev = orb.devVersions.map(
    ({ version, createdAt, expiresAt }) =>
      `  ${version.padEnd(12)} ${createdAt.slice(0, 10)}, expires ${expiresAt.slice(0, 10)}`,
  )
  const { last30DaysBuildCount: builds, last30DaysProjectCount: projects } = orb.statistics
  return [
    `${orb.name}  ${kinds.join(', ')}`,
    ...(orb.categories.length === 0 ? [] : [`categories: ${orb.categories.map(({ name }) => name).join(', ')}`]),
    `used in the last 30 days: ${builds} pipelines of ${projects} projects`,
    'versions:',
    ...(releases.length + dev.length === 0 ? ['  none yet'] : releases),
    ...(older > 0 ? [`  and ${older} older`] : []),
    ...dev,
    '',
  ].join('\n')
}

function elementsText(elements: readonly OrbElement[]): string {
  return elements
    .map(({ kind, name, description, parameters }) => {
      const lines = parameters.map((parameter) => {
        const wanted = parameter.required ? 'required' : `default ${JSON.stringify(parameter.default)}`
        return `    ${parameter.name} (${parameter.type}, ${wanted})`
      })
      return `${[`  ${kind} ${name}${firstLine(description)}`, ...lines].join('\n')}\n`
    })
    .join('')
}

function examplesText(examples: ReturnType<typeof examplesOf>): string {
  return examples
    .map(
      ({ name, description, usage }) =>
        `\nexample ${name}${firstLine(description)}\n${usage.replace(/^(?=.)/gm, '  ')}`,
    )
    .join('')
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n')
  return line === '' ? '' : `: ${line}`
}
