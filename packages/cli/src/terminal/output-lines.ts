import { stripVTControlCharacters } from 'node:util'

const esc = '\u001b'
const colorParts = new RegExp(`(${esc}\\[[\\d;]*m)`, 'u')
const isColor = new RegExp(`^${esc}\\[[\\d;]*m$`, 'u')

/** Cuts a stream of bytes into lines for a terminal that others write to as well. */
export class OutputLines {
  readonly #decoder = new TextDecoder()
  readonly #colors: boolean
  #rest = ''

  constructor(colors: boolean) {
    this.#colors = colors
  }

  /** Whole lines that these bytes end. */
  take(bytes: Uint8Array): readonly string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.map((line) => this.#shown(line))
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
    if (!this.#colors) return stripVTControlCharacters(last)
    const [first = '', ...parts] = last.split(colorParts)
    const kept = first === '' && parts.length === 0 ? '' : [first, ...parts].map(keepColor).join('')
    return kept.includes(esc) ? `${kept}${esc}[0m` : kept
  }
}

function keepColor(part: string): string {
  return isColor.test(part) ? part : stripVTControlCharacters(part)
}
