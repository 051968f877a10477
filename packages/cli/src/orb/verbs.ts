import type { Verb } from '../noun.ts'
import { createOrbVerb } from './create.ts'
import { diffOrbs } from './diff.ts'
import { importOrbs } from './import.ts'
import { listOrbsVerb } from './list.ts'
import { mirrorOrbs } from './mirror.ts'
import { packOrb } from './pack.ts'
import { publishOrbVerb } from './publish.ts'
import { sourceOfOrb } from './source.ts'
import { validateOrb } from './validate.ts'

/** What `rondo orb` does. */
export const orbVerbs: readonly Verb[] = [
  packOrb,
  validateOrb,
  createOrbVerb,
  publishOrbVerb,
  listOrbsVerb,
  sourceOfOrb,
  diffOrbs,
  importOrbs,
  mirrorOrbs,
]
