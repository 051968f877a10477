import { stripVTControlCharacters } from 'node:util'

const esc = '\u001b'
const colorParts = new RegExp(`(${esc}\\[[\\d;]*m)`, 'u')
const isColor = new RegExp(`^${esc}\\[[\\d;]*m$`, 'u')

/** Cuts a stream of bytes into lines for a terminal that others write to as well. */
export class OutputLines {
  readonly #decoder = new TextDecoder()
  readonly #colors: boolean
  readonly #stamp: (at: number | undefined) => string
  #rest = ''
  /** When the line that has not ended was begun. */
  #begun: number | undefined

  /** `stamp`: what stands before a line that was printed at a time, if anything. */
  constructor(colors: boolean, stamp: (at: number | undefined) => string = () => '') {
    this.#colors = colors
    this.#stamp = stamp
  }

  /** Whole lines that these bytes end, which were printed at a time in milliseconds since 1970. */
  take(bytes: Uint8Array, at?: number): readonly string[] {
    if (this.#rest === '') this.#begun = at
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.map((line) => {
      const shown = this.#shown(line)
      this.#begun = at
      return shown
    })
  }

  /** What stands after the last line end. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.decode()
    this.#rest = ''
    return rest === '' ? [] : [this.#shown(rest)]
  }

  /** A line that was written over shows what it said last; colours may stay, moves of the cursor may not. */
  #shown(line: string): string {
    const last = line.replace(/\r$/, '').split('\r').at(-1) ?? ''
    const stamp = this.#stamp(this.#begun)
    if (!this.#colors) return stamp + stripVTControlCharacters(last)
    const [first = '', ...parts] = last.split(colorParts)
    const kept = first === '' && parts.length === 0 ? '' : [first, ...parts].map(keepColor).join('')
    return stamp + (kept.includes(esc) ? `${kept}${esc}[0m` : kept)
  }
}

function keepColor(part: string): string {
  return isColor.test(part) ? part : stripVTControlCharacters(part)
}
