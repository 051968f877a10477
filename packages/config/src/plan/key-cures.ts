import { didYouMean } from '../did-you-mean.ts'
import { entryKeys } from '../resolve/entry-keys.ts'

/** What keys are called in other places and products. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  env: ['environment'],
  envs: ['environment'],
  vars: ['environment'],
  variables: ['environment'],
  params: ['parameters'],
  inputs: ['parameters'],
  args: ['parameters'],
  cmd: ['command'],
  script: ['command', 'steps'],
  timeout: ['no_output_timeout'],
  if: ['when'],
  workdir: ['working_directory'],
  parallel: ['parallelism'],
  size: ['resource_class'],
  path: ['at', 'paths'],
}
const requirements = ['needs', 'depends_on', 'dependsOn', 'require']
const images = ['image', 'images', 'services', 'runs-on', 'container']

/**
 * What to do about a key that means nothing where it stands.
 * @param known the keys that mean something there
 */
export function keyCure(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known)
  if (near !== undefined) return near
  const other = Object.hasOwn(otherNames, key) ? otherNames[key]!.find((name) => known.includes(name)) : undefined
  const meant = other ?? known.find((name) => isPartOf(key, name))
  if (meant !== undefined) return `Did you mean '${meant}'?`
  if (known.includes('docker') && images.includes(key)) return "An image is written 'docker: [{image: …}]'"
  if (known.includes('docker') && known.includes('steps')) {
    const attribute = requirements.includes(key) ? 'requires' : key
    if (entryKeys.has(attribute)) return `'${attribute}' stands below the job's name in a workflow`
  }
  if (known.includes('command') && key === 'timeout-minutes') return "Did you mean 'no_output_timeout'?"
  if (known.includes('command') && key === 'continue-on-error') return "Let the command end in '|| true'"
  return `Permitted keys: ${known.join(', ')}`
}

/** `working_dir` and `working_directory`, `xcode_version` and `xcode` */
function isPartOf(key: string, name: string): boolean {
  return (key.length > 2 && name.startsWith(key)) || (name.length > 2 && key.startsWith(`${name}_`))
}

/** What to do about a key of a job's entry in a workflow that is neither its own nor an argument; undefined when it is odd. */
export function entryKeyCure(key: string): string | undefined {
  if (requirements.includes(key)) return "Did you mean 'requires'?"
  if (key === 'parameters')
    return "Arguments stand right below the job's name; lists of values stand in 'matrix: {parameters: …}'"
  const ofJob = ['steps', 'docker', 'machine', 'executor', 'environment', 'resource_class', 'parallelism']
  if (ofJob.includes(key)) return `'${key}' stands at the job itself, below 'jobs:' at the top`
  return key === 'when' || key === 'if' || key === 'unless'
    ? "An expression that decides stands in 'filters:'"
    : undefined
}
