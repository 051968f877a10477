import { type OrbRefusal, parseOrbReference } from '@rondo/model'

/**
 * Why there is nothing for a reference, and what to do.
 * @param newest the newest release of the orb; null when it has none; undefined when there is no such orb
 * @param where what was looked through
 */
export function missingOrb(
  reference: string,
  newest: string | null | undefined,
  where = 'the orb registry',
): OrbRefusal {
  const orb = parseOrbReference(reference)?.orb ?? reference
  const refused = `Cannot find ${reference} in ${where}.`
  if (newest === undefined)
    return {
      refused: `${refused} Check that the namespace, orb name and version are correct.`,
      cure: `An administrator brings orbs of others in: rondo orb mirror ${reference} --from URL, or rondo orb import FILE`,
    }
  return newest === null
    ? { refused, cure: `No release of ${orb} is published yet: rondo orb publish FILE ${orb}@1.0.0` }
    : { refused, cure: `The newest release is ${orb}@${newest}` }
}
