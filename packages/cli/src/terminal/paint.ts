const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const

export type Paint = (style: keyof typeof codes, text: string) => string

/** Colours for people at a terminal; nothing for pipes. */
export function painter(color: boolean): Paint {
  return (style, text) => (color && text !== '' ? `\x1b[${codes[style]}m${text}\x1b[0m` : text)
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** One character for a status of a workflow, job or step. What runs turns with `frame`, where it can be drawn again. */
export function mark(status: string, paint: Paint, frame?: number): string {
  if (status === 'success') return paint('green', '✓')
  if (/^(failed|timedout|infrastructure_fail|error|unauthorized)$/.test(status)) return paint('red', '✗')
  if (status === 'on_hold') return paint('magenta', '‖')
  if (status === 'canceled' || status === 'not_run') return paint('dim', '⊘')
  if (status === 'running' || status === 'failing')
    return paint('blue', frame === undefined ? '…' : (spinner[frame % spinner.length] ?? '·'))
  return paint('dim', '·')
}

/** `0.4s`, `12s`, `3m 05s`. */
export function seconds(ms: number): string {
  const total = Math.max(0, ms) / 1000
  if (total < 10) return `${total.toFixed(1)}s`
  return total < 60
    ? `${Math.round(total)}s`
    : `${Math.floor(total / 60)}m ${String(Math.round(total % 60)).padStart(2, '0')}s`
}
