const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** `297 bytes`, `4.0 kB`, `12.3 MB`: thousands, as disks and networks count. */
export function size(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}
