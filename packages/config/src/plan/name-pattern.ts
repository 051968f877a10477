/** The regular expression between the slashes of a filter item; undefined when the item is a literal name. */
export function patternOf(item: string): string | undefined {
  return item.length >= 2 && item.startsWith('/') && item.endsWith('/') ? item.slice(1, -1) : undefined
}
