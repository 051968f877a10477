/** A hole through which a job could leave its container, and the versions that closed it, one for each line of releases. */
interface KnownFault {
  readonly component: 'runc' | 'containerd' | 'engine'
  readonly name: string
  readonly fixedIn: readonly string[]
}

/** From the projects' own advisories; distributions may have closed one under an older number, which nobody can see. */
const knownFaults: readonly KnownFault[] = [
  { component: 'runc', name: 'CVE-2024-21626', fixedIn: ['1.1.12'] },
  {
    component: 'runc',
    name: 'CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881',
    fixedIn: ['1.2.8', '1.3.3', '1.4.0'],
  },
  { component: 'containerd', name: 'CVE-2022-23648', fixedIn: ['1.4.13', '1.5.10', '1.6.1'] },
  { component: 'engine', name: 'CVE-2024-41110', fixedIn: ['23.0.15', '25.0.6', '26.1.5', '27.1.1'] },
]

export interface RuntimeVersions {
  readonly engine: string
  readonly containerd?: string | undefined
  readonly runc?: string | undefined
}

/** What an engine answers about itself, as far as versions go. */
export function runtimeVersions(answer: {
  readonly Version?: string
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[]
}): RuntimeVersions {
  const component = (name: string) => answer.Components?.find((one) => one.Name === name)?.Version
  // Podman calls its own part by its name, and what it runs containers with by the name of that: "runc version 1.1.5+ds1".
  const podman = component('Podman Engine')
  const runc = component('OCI Runtime (runc)')?.match(/\d+\.\d+\.\d+\S*/)?.[0]
  if (podman !== undefined) return { engine: `podman ${podman}`, runc }
  return { engine: answer.Version ?? '', containerd: component('containerd'), runc: component('runc') }
}

/** Known holes of what jobs run on, each as a sentence with the cure (row S-19). */
export function runtimeFaults(versions: RuntimeVersions): readonly string[] {
  return knownFaults.flatMap(({ component, name, fixedIn }) => {
    const version = versions[component]
    const numbers = version === undefined ? undefined : numbersOf(version)
    if (numbers === undefined || !older(numbers, fixedIn)) return []
    return [`${component} ${version} lets a job out of its container (${name}). Update it to ${fixedIn.join(' or ')}.`]
  })
}

/** Older than the fix of its own line of releases; one of a line without a fix, than the last of all. */
function older(version: readonly number[], fixedIn: readonly string[]): boolean {
  const fixes = fixedIn.map((text) => numbersOf(text) ?? [])
  const line = fixes.find((fix) => fix[0] === version[0] && fix[1] === version[1])
  return compare(version, line ?? fixes.at(-1) ?? []) < 0
}

function numbersOf(version: string): readonly number[] | undefined {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  return found === null ? undefined : found.slice(1).map(Number)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, number] of a.entries()) if (number !== b[at]) return number - (b[at] ?? 0)
  return 0
}
