import type { StepView } from '@rondo/protocol'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, useContext, useEffect, useRef, useState } from 'react'
import { LiveContext } from '../../shared/use-live.ts'
import { createAnsiParser, type Line, paletteColor, type Style } from './ansi.ts'

/** The browser keeps this much of a step's end; all of it is one download away. */
const windowBytes = 4 * 1024 * 1024
const lineHeight = 19

/** Output of a step: what there is, and what comes. */
export function StepOutput({ step }: { readonly step: StepView }) {
  const start = Math.max(0, step.outputBytes - windowBytes)
  const [from] = useState(start)
  const { lines, ended } = useOutput(step.id, from)
  const scroller = useRef<HTMLDivElement>(null)
  const follow = useRef(true)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 30,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tail is followed whenever lines are added
  useEffect(() => {
    const element = scroller.current
    if (element !== null && follow.current) element.scrollTop = element.scrollHeight
  }, [lines.length])
  const onScroll = () => {
    const element = scroller.current
    if (element !== null)
      follow.current = element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight * 2
  }
  return (
    <div className="output">
      {from > 0 && <div className="output-note">Earlier output is not shown here; the download has all of it.</div>}
      <div className="output-lines" ref={scroller} onScroll={onScroll} role="log">
        {lines.length === 0 ? (
          <div className="quiet pad">{ended ? 'No output.' : 'Waiting for output …'}</div>
        ) : (
          <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map((row) => (
              <div
                key={row.key}
                className="output-line"
                data-index={row.index}
                ref={rows.measureElement}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <span className="line-number">{row.index + 1}</span>
                <LineText line={lines[row.index] ?? []} />
              </div>
            ))}
          </div>
        )}
      </div>
      <a
        className="output-download"
        href={`/api/private/steps/${step.id}/output`}
        download={`${step.name.replace(/\W+/g, '-')}.log`}
      >
        Download
      </a>
    </div>
  )
}

function useOutput(stepId: string, from: number): { lines: readonly Line[]; ended: boolean } {
  const live = useContext(LiveContext)
  const [state, setState] = useState<{ lines: readonly Line[]; ended: boolean }>({ lines: [], ended: false })
  useEffect(() => {
    if (live === undefined) return
    const parser = createAnsiParser()
    const decoder = new TextDecoder('utf-8')
    let frame = 0
    let over = false
    // Many pieces may come between two pictures; they are drawn together.
    const draw = () => {
      frame = 0
      setState({ lines: [...parser.lines()], ended: over })
    }
    const schedule = () => {
      frame ||= requestAnimationFrame(draw)
    }
    const stop = live.output(stepId, from, {
      bytes(_offset, bytes) {
        parser.push(decoder.decode(bytes, { stream: true }))
        schedule()
      },
      ended() {
        over = true
        schedule()
      },
    })
    return () => {
      cancelAnimationFrame(frame)
      stop()
    }
  }, [live, stepId, from])
  return state
}

const LineText = memo(function LineText({ line }: { readonly line: Line }) {
  return (
    <span className="line-text">
      {line.map((segment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the segments of a line have no other name
        <span key={index} className={classOf(segment.style)} style={colorsOf(segment.style)}>
          {segment.text}
        </span>
      ))}
    </span>
  )
})

function classOf(style: Style): string | undefined {
  const names = (['bold', 'dim', 'italic', 'underline', 'inverse'] as const).filter((name) => style[name])
  return names.length === 0 ? undefined : names.map((name) => `ansi-${name}`).join(' ')
}

function colorsOf(style: Style): CSSProperties | undefined {
  if (style.color === undefined && style.background === undefined) return undefined
  return {
    ...(style.color === undefined ? {} : { color: cssColor(style.color) }),
    ...(style.background === undefined ? {} : { backgroundColor: cssColor(style.background) }),
  }
}

function cssColor(color: number | string): string {
  if (typeof color === 'string') return color
  return color < 16 ? `var(--ansi-${color})` : paletteColor(color)
}
