import type { StepView } from '@rondo/protocol'
import type { KeyboardEvent } from 'react'
import { size } from '../../shared/size.ts'

/** Above the output: the command that printed it, a search, and the whole of it as a file. */
export function OutputBar(props: {
  readonly step: StepView
  readonly matches: number
  /** Which match is marked, from 0. */
  readonly match: number
  readonly find: (text: string) => void
  /** Whether lines are shown with their times, on the page and in the file. */
  readonly timed: boolean
  readonly showTimes: (shown: boolean) => void
  readonly next: (by: 1 | -1) => void
}) {
  const { step, matches, match, find, next, timed, showTimes } = props
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') next(event.shiftKey ? -1 : 1)
  }
  return (
    <div className="output-bar">
      {step.command === null ? <span className="spring" /> : <Command text={step.command} />}
      <input
        className="output-find"
        type="search"
        placeholder="Find"
        aria-label={`Find in the output of ${step.name}`}
        data-search
        onInput={(event) => find(event.currentTarget.value)}
        onKeyDown={keys}
      />
      {matches > 0 && (
        <span className="quiet number">
          {match + 1} of {matches}
        </span>
      )}
      <label className="output-times">
        <input type="checkbox" checked={timed} onChange={(event) => showTimes(event.currentTarget.checked)} />
        Times
      </label>
      <a
        href={`/api/private/steps/${step.id}/output${timed ? '?timestamps=true' : ''}`}
        download={`${step.name.replace(/\W+/g, '-')}.log`}
      >
        Download {step.outputBytes > 0 && <span className="quiet number">{size(step.outputBytes)}</span>}
      </a>
    </div>
  )
}

/** A command of one line stands as it is; a longer one opens with a click. */
function Command({ text }: { readonly text: string }) {
  const lines = text.trim().split('\n')
  if (lines.length === 1) return <code className="output-command">$ {lines[0]}</code>
  return (
    <details className="output-command">
      <summary>
        <code>
          $ {lines[0]} <span className="quiet">… {lines.length} lines</span>
        </code>
      </summary>
      <pre>{text.trim()}</pre>
    </details>
  )
}
