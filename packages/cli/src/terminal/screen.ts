import { stripVTControlCharacters } from 'node:util'

/** Lines that scroll away, above a few that stay and are drawn again. Without a terminal there are only the former. */
export class Screen {
  readonly #out: NodeJS.WritableStream & { readonly columns?: number }
  /** Whether lines can be drawn again: there is a terminal. */
  readonly live: boolean
  #footer: readonly string[] = []

  constructor(out: NodeJS.WritableStream, live: boolean) {
    this.#out = out
    this.live = live
  }

  /** Columns of a line; no end without a terminal. */
  get width(): number {
    return this.live ? (this.#out.columns ?? 100) : Number.POSITIVE_INFINITY
  }

  print(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.#out.write(`${this.#erased()}${lines.join('\n')}\n${this.#drawn()}`)
  }

  /** Replaces the lines at the bottom. */
  footer(lines: readonly string[]): void {
    if (!this.live) return
    const before = this.#erased()
    this.#footer = lines.map((line) => cut(line, this.width))
    this.#out.write(before + this.#drawn())
  }

  #erased(): string {
    return this.live && this.#footer.length > 0 ? `\u001b[${this.#footer.length}A\u001b[J` : ''
  }

  #drawn(): string {
    return this.live ? this.#footer.map((line) => `${line}\n`).join('') : ''
  }
}

/** Cuts a line to a width; what is cut loses its colours. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length < width ? line : `${plain.slice(0, width - 2)}…`
}
