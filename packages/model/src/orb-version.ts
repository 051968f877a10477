import type { VersionSegment } from './orb.ts'

/** Three numbers of a release. */
export interface Release {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** What a reference asks for (semantics 9.1). */
export type WantedVersion =
  | { readonly kind: 'release'; readonly major?: number; readonly minor?: number; readonly patch?: number }
  | { readonly kind: 'dev'; readonly version: string }

export interface OrbReference {
  /** `namespace/name` */
  readonly orb: string
  readonly wanted: WantedVersion
}

const namePattern = '[a-z][a-z0-9_-]*'
const releasePattern = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/
const devPattern = /^dev:[a-z0-9._-]{1,1023}$/i

/** Whether a text may be the name of a namespace or of an orb without its namespace. */
export function isOrbName(text: string): boolean {
  return new RegExp(`^${namePattern}$`).test(text) && text.length <= 255
}

export function isDevVersion(text: string): boolean {
  return devPattern.test(text)
}

/** The numbers of `1.2.3`; undefined for anything else. */
export function parseRelease(text: string): Release | undefined {
  const match = releasePattern.exec(text)
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) }
}

/** `1`, `1.2`, `1.2.3`, `volatile` or `dev:label`; undefined for anything else. */
export function parseWantedVersion(text: string): WantedVersion | undefined {
  if (text === 'volatile') return { kind: 'release' }
  if (isDevVersion(text)) return { kind: 'dev', version: text }
  const match = /^(\d{1,9})(?:\.(\d{1,9})(?:\.(\d{1,9}))?)?$/.exec(text)
  if (match === null) return undefined
  const [major, minor, patch] = match.slice(1).map((part) => (part === undefined ? undefined : Number(part)))
  return {
    kind: 'release',
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    ...(patch === undefined ? {} : { patch }),
  }
}

/** `namespace/name@version`; undefined when it is none. */
export function parseOrbReference(text: string): OrbReference | undefined {
  const match = new RegExp(`^(${namePattern}/${namePattern})@(.+)$`).exec(text)
  const wanted = parseWantedVersion(match?.[2] ?? '')
  return match?.[1] === undefined || wanted === undefined ? undefined : { orb: match[1], wanted }
}

/** Whether a version is one a reference asks for. */
export function isWanted(version: string, wanted: WantedVersion): boolean {
  if (wanted.kind === 'dev') return version === wanted.version
  const release = parseRelease(version)
  if (release === undefined) return false
  return (['major', 'minor', 'patch'] as const).every(
    (segment) => wanted[segment] === undefined || wanted[segment] === release[segment],
  )
}

/** Order of releases, oldest first. */
export function compareReleases(left: string, right: string): number {
  const [a, b] = [parseRelease(left), parseRelease(right)]
  if (a === undefined || b === undefined) return left < right ? -1 : left > right ? 1 : 0
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch
}

/** The release after `newest`; the first one of an orb without releases is 0.0.1, 0.1.0 or 1.0.0. */
export function nextRelease(newest: string | undefined, segment: VersionSegment): string {
  const { major, minor, patch } = parseRelease(newest ?? '0.0.0') ?? { major: 0, minor: 0, patch: 0 }
  if (segment === 'major') return `${major + 1}.0.0`
  return segment === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}
