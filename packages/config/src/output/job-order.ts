/**
 * The order of jobs in compiled output: first use for up to eight, the order of the original compiler's hash map
 * beyond (semantics 23.3). It carries no meaning; equal output does.
 */
export function orderJobs(names: readonly string[]): readonly string[] {
  if (names.length <= 8) return names
  return [...names].sort((left, right) => orderKey(left) - orderKey(right))
}

/** The hash with its 5-bit groups reversed, so that comparing numbers compares the lowest group first. */
function orderKey(name: string): number {
  const hash = murmur3(javaHashCode(name))
  let key = 0
  for (let shift = 0; shift < 30; shift += 5) key = key * 32 + ((hash >>> shift) & 31)
  return key * 4 + (hash >>> 30)
}

function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

function murmur3(input: number): number {
  if (input === 0) return 0
  const k = Math.imul(rotateLeft(Math.imul(input, 0xcc9e2d51), 15), 0x1b873593)
  let hash = (Math.imul(rotateLeft(k, 13), 5) + 0xe6546b64) | 0
  hash ^= 4
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
