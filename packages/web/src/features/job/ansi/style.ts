/** How text looks. Colours are 0 to 255 of the palette, or `#rrggbb`. */
export interface Style {
  readonly bold?: boolean
  readonly dim?: boolean
  readonly italic?: boolean
  readonly underline?: boolean
  readonly inverse?: boolean
  readonly color?: number | string
  readonly background?: number | string
}

export const plain: Style = {}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const set: Readonly<Record<number, Style>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
}
const unset: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  39: ['color'],
  49: ['background'],
}

/** The style after "select graphic rendition" with these numbers (ECMA-48 8.3.117, and the 256 and 24-bit colours of xterm). */
export function applySgr(style: Style, numbers: readonly number[]): Style {
  let next: Mutable<Style> = { ...style }
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at]!
    if (code === 0) next = {}
    else if (set[code] !== undefined) Object.assign(next, set[code])
    else if (unset[code] !== undefined) for (const key of unset[code]) delete next[key]
    else if (code === 38 || code === 48) at += applyExtended(next, code, numbers.slice(at + 1))
    else applyBasic(next, code)
  }
  return Object.keys(next).length === 0 ? plain : next
}

function applyBasic(style: Mutable<Style>, code: number): void {
  if (code >= 30 && code <= 37) style.color = code - 30
  else if (code >= 90 && code <= 97) style.color = code - 82
  else if (code >= 40 && code <= 47) style.background = code - 40
  else if (code >= 100 && code <= 107) style.background = code - 92
}

/** `5;N` or `2;R;G;B`; answers how many numbers it took. */
function applyExtended(style: Mutable<Style>, code: 38 | 48, [kind, ...values]: readonly number[]): number {
  const key = code === 38 ? 'color' : 'background'
  if (kind === 5) style[key] = Math.min(255, values[0] ?? 0)
  if (kind === 2) style[key] = hex(values)
  return kind === 5 ? 2 : 4
}

function hex(parts: readonly number[]): string {
  const pairs = [0, 1, 2].map((index) =>
    Math.min(255, parts[index] ?? 0)
      .toString(16)
      .padStart(2, '0'),
  )
  return `#${pairs.join('')}`
}

/** Colour of the 256-colour palette past the sixteen that the theme sets itself. */
export function paletteColor(index: number): string {
  if (index >= 232) return hex([0, 0, 0].map(() => 8 + (index - 232) * 10))
  const cube = index - 16
  return hex(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => (level === 0 ? 0 : 55 + level * 40)),
  )
}
