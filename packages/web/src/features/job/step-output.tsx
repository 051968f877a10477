import type { StepView } from '@rondo/protocol'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { size } from '../../shared/size.ts'
import { LineText } from './line-text.tsx'
import { lineTime, lineTimeTitle, useLineTimes } from './line-times.ts'
import { OutputBar } from './output-bar.tsx'
import { matchesIn, numberOfLine, useOutputLines } from './output-lines.ts'
import { likelyHeight, lineHeight, rowsToDraw } from './output-rows.ts'
import './step-output.css'

/** The browser keeps this much of a step's end; all of it is one download away. */
const windowBytes = 4 * 1024 * 1024

/** Output of a step: what there is, and what comes; its tail is followed until the reader scrolls away. */
export function StepOutput({ step }: { readonly step: StepView }) {
  const [from] = useState(Math.max(0, step.outputBytes - windowBytes))
  const output = useOutputLines(step.id, from)
  const { lines, times, ended } = output
  const [timed, showTimes] = useLineTimes()
  const scroller = useRef<HTMLDivElement>(null)
  const follow = useRef(true)
  /** Whether the reader has done something by which one scrolls. */
  const acted = useRef(false)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => likelyHeight(lines[index] ?? [], scroller.current?.clientWidth ?? 0),
    rangeExtractor: (range) => rowsToDraw(range, lines),
  })
  const height = rows.getTotalSize()
  const [wanted, setWanted] = useState('')
  const [match, setMatch] = useState(0)
  const matches = useMemo(() => matchesIn(lines, wanted), [lines, wanted])
  const marked = matches[match]

  // biome-ignore lint/correctness/useExhaustiveDependencies: the tail is followed whenever lines come, or turn out to be higher than was thought
  useEffect(() => {
    const element = scroller.current
    if (element !== null && follow.current) element.scrollTop = element.scrollHeight
  }, [lines.length, height])
  useEffect(() => {
    if (marked === undefined) return
    follow.current = false
    rows.scrollToIndex(marked, { align: 'center' })
  }, [marked, rows])

  const onScroll = () => {
    const element = scroller.current
    if (element === null) return
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight * 2
    // Being far from the end says nothing by itself: more may have come since the scroll that this tells of.
    if (atEnd || acted.current) follow.current = atEnd
    if (atEnd) acted.current = false
  }
  const act = () => {
    acted.current = true
  }
  const find = (text: string) => {
    setWanted(text)
    setMatch(0)
  }
  return (
    <div className="output">
      <OutputBar
        step={step}
        matches={matches.length}
        match={match}
        find={find}
        timed={timed}
        showTimes={showTimes}
        next={(by) => matches.length > 0 && setMatch((match + by + matches.length) % matches.length)}
      />
      {from > 0 && (
        <div className="output-note">The last {size(windowBytes)} are shown; the whole of it is one download away.</div>
      )}
      <div
        className="output-lines"
        ref={scroller}
        onScroll={onScroll}
        onWheel={act}
        onTouchMove={act}
        onPointerDown={act}
        onKeyDown={act}
        role="log"
        aria-label={`Output of ${step.name}`}
      >
        {lines.length === 0 ? (
          <div className="quiet pad">{emptyText(step, ended)}</div>
        ) : (
          <div style={{ height, position: 'relative' }}>
            {rows.getVirtualItems().map((row) => (
              <div
                key={row.key}
                className={row.index === marked ? 'output-line marked' : 'output-line'}
                data-index={row.index}
                ref={rows.measureElement}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <span className="line-number">{numberOfLine(row.index, output)}</span>
                {timed && (
                  <time className="line-time" title={lineTimeTitle(times[row.index], step.startedAt)}>
                    {lineTime(times[row.index])}
                  </time>
                )}
                <LineText line={lines[row.index] ?? []} />
              </div>
            ))}
          </div>
        )}
      </div>
    </div>
  )
}

function emptyText(step: StepView, ended: boolean): string {
  if (step.outputExpired) return 'The output was kept for as long as the retention policy says, and is gone.'
  return ended ? 'No output.' : 'Waiting for output …'
}
