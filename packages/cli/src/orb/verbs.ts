import type { Verb } from '../noun.ts'
import { certifyOrbs } from './certify.ts'
import { createOrbVerb } from './create.ts'
import { diffOrbs } from './diff.ts'
import { editOrb } from './edit.ts'
import { importOrbs } from './import.ts'
import { infoOfOrb } from './info.ts'
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
  infoOfOrb,
  sourceOfOrb,
  diffOrbs,
  editOrb,
  importOrbs,
  mirrorOrbs,
  certifyOrbs,
]
