/** Keys of an entry that are never passed on as arguments (semantics 4.2, 16). */
export const entryKeys: ReadonlySet<string> = new Set([
  'name',
  'requires',
  'filters',
  'context',
  'type',
  'matrix',
  'pre-steps',
  'post-steps',
  'serial-group',
  'override-with',
])
