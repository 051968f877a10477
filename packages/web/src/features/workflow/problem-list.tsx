import './problem-list.css'
import { readProblem } from './problem-text.ts'

/** Mistakes of a config and what surprises in it. Words wrap; the pictured line keeps its columns and scrolls by itself. */
export function ProblemList({
  severity,
  messages,
}: {
  readonly severity: 'error' | 'warning'
  readonly messages: readonly string[]
}) {
  if (messages.length === 0) return null
  const noun = severity === 'error' ? 'mistake' : 'warning'
  return (
    <section className={`problems ${severity}`} aria-label={`${messages.length} ${noun}s of the config`}>
      {messages.map((text) => (
        <Problem key={text} text={text} severity={severity} />
      ))}
    </section>
  )
}

function Problem({ text, severity }: { readonly text: string; readonly severity: 'error' | 'warning' }) {
  const { place, message, code, picture, chain, hint } = readProblem(text, severity)
  return (
    <article>
      <p className="problem-message">
        <b>{severity}</b> {message}
      </p>
      {picture.length > 0 && <pre ref={(pre) => showCarets(pre, picture)}>{picture.join('\n')}</pre>}
      {hint !== '' && (
        <p>
          <span className="problem-hint">hint</span> {hint}
        </p>
      )}
      {place !== '' && (
        <p className="quiet">
          <code>{place}</code> {chain.length > 0 && `${chain.join(', ')} `}
          <span className="problem-code">{code}</span>
        </p>
      )}
    </article>
  )
}

/** What the carets point at is what one looks for; a long line begins elsewhere. */
function showCarets(pre: HTMLPreElement | null, [line = '', carets = '']: readonly string[]): void {
  if (pre === null) return
  const columns = Math.max(line.length, carets.length)
  const end = (pre.scrollWidth * carets.length) / columns
  if (end > pre.clientWidth) pre.scrollLeft = (pre.scrollWidth * carets.indexOf('^')) / columns - pre.clientWidth / 4
}
