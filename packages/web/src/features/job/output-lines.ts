import { createTimeline } from '@rondo/protocol'
import { useContext, useEffect, useState } from 'react'
import { LiveContext } from '../../shared/use-live.ts'
import { createAnsiParser } from './ansi/parser.ts'
import type { Line } from './ansi/screen.ts'

export interface OutputLines {
  readonly lines: readonly Line[]
  /** When the first of each was printed, in milliseconds since 1970; undefined where nobody knows. */
  readonly times: readonly (number | undefined)[]
  /** Indexes, rising, of the lines that go on with the one before, which had become too long. */
  readonly folds: readonly number[]
  readonly ended: boolean
  /** Number of the first of them, once it is known. */
  readonly first: number | undefined
}

/** The lines of a step's output from a byte on: what there is, and what comes. */
export function useOutputLines(stepId: string, from: number): OutputLines {
  const live = useContext(LiveContext)
  const [state, setState] = useState<OutputLines>({ lines: [], times: [], folds: [], ended: false, first: undefined })
  useEffect(() => {
    if (live === undefined) return
    const parser = createAnsiParser()
    const decoder = new TextDecoder('utf-8')
    const timeline = createTimeline()
    let frame = 0
    let ended = false
    let first = from === 0 ? 1 : undefined
    // Many pieces may come between two pictures; they are drawn together.
    const draw = () => {
      frame = 0
      setState({ lines: parser.lines(), times: parser.times(), folds: [...parser.folds()], ended, first })
    }
    const schedule = () => {
      frame ||= requestAnimationFrame(draw)
    }
    const stop = live.output(stepId, from, {
      times: timeline.add,
      bytes(offset, bytes) {
        for (const { from, to, at } of timeline.pieces(offset, bytes.length))
          parser.push(decoder.decode(bytes.subarray(from, to), { stream: true }), at)
        schedule()
      },
      ended() {
        ended = true
        schedule()
      },
      ...(first !== undefined
        ? {}
        : {
            line(number: number) {
              first = number
              schedule()
            },
          }),
    })
    return () => {
      cancelAnimationFrame(frame)
      stop()
    }
  }, [live, stepId, from])
  return state
}

/** A line's number in the file, as editors count; empty while the first one's is not known, and where a line only goes on. */
export function numberOfLine(index: number, { first, folds }: Pick<OutputLines, 'first' | 'folds'>): string {
  if (first === undefined || folds.includes(index)) return ''
  return String(first + index - folds.filter((fold) => fold < index).length)
}

/** Indexes of the lines that hold a text, upper and lower case alike. */
export function matchesIn(lines: readonly Line[], wanted: string): readonly number[] {
  if (wanted === '') return []
  const needle = wanted.toLowerCase()
  return lines.flatMap((line, index) => (textOf(line).toLowerCase().includes(needle) ? [index] : []))
}

function textOf(line: Line): string {
  return line.map((segment) => segment.text).join('')
}
