/** Paths that a server answers to GET, read from what it prints of itself, with its own parameter names. For tests only. */
export function printedGetRoutes(printed: string): readonly string[] {
  const open: string[] = []
  return printed.split('\n').flatMap((line) => {
    const [, indent = '', path = '', methods = ''] = /^([│ ]*)[├└]── (.*) \(([A-Z, ]+)\)$/.exec(line) ?? []
    if (path === '') return []
    const depth = indent.length / 4
    open.length = depth
    open[depth] = path
    return methods.split(', ').includes('GET') ? [open.join('')] : []
  })
}
