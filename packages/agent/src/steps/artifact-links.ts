import { posix } from 'node:path'

/** A second name in a packed folder: a symbolic link, relative to where it lies, or a hard one, from the folder's root. */
export interface PackedLink {
  readonly path: string
  readonly target: string
  readonly kind: 'symbolic' | 'hard'
}

const longestChain = 40

/**
 * The file of the same folder that a link stands for, through further links; undefined when it stands for anything else. What
 * lies outside is never followed (row S-25): only names are compared, and nothing is opened.
 */
export function fileBehind(
  link: PackedLink,
  links: ReadonlyMap<string, PackedLink>,
  isFile: (path: string) => boolean,
): string | undefined {
  let current: PackedLink | undefined = link
  for (let length = 0; current !== undefined && length < longestChain; length++) {
    const path: string | undefined = pathOf(current)
    if (path === undefined) return undefined
    if (isFile(path)) return path
    current = links.get(path)
  }
  return undefined
}

function pathOf({ path, target, kind }: PackedLink): string | undefined {
  if (posix.isAbsolute(target)) return undefined
  const from = kind === 'hard' ? target : posix.join(posix.dirname(path), target)
  const normal = posix.normalize(from)
  return normal.startsWith('../') || normal === '..' ? undefined : normal
}
