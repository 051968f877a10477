import type { HoldOrder } from '@rondo/model'
import type { SliceView } from '@rondo/protocol'
import { FitAddon } from '@xterm/addon-fit'
import { type ITheme, Terminal } from '@xterm/xterm'
import { useContext, useEffect, useRef, useState } from 'react'
import { api } from '../../shared/api.ts'
import { LiveContext } from '../../shared/use-live.ts'
import { orderInTurn } from './order-in-turn.ts'
import '@xterm/xterm/css/xterm.css'

/** A terminal in the environment of a failed job. Keys go as orders; what comes back is the output of the shell's step. */
export function HeldShell(props: { readonly jobId: string; readonly slice: SliceView; readonly close: () => void }) {
  const { jobId, slice } = props
  const live = useContext(LiveContext)
  const place = useRef<HTMLDivElement>(null)
  const terminal = useRef<Terminal>(undefined)
  const [refusal, setRefusal] = useState<string>()
  const step = slice.steps.findLast((one) => one.type === 'shell')
  const running = step?.phase === 'running'
  const stepId = running ? step?.id : undefined

  useEffect(() => {
    if (place.current === null) return
    const opened = new Terminal({
      fontSize: 13,
      lineHeight: 1.3,
      // It measures letters by itself, so it needs the names of fonts, not of a variable.
      fontFamily: getComputedStyle(place.current).getPropertyValue('--mono'),
      cursorBlink: true,
      theme: themeOf(place.current),
    })
    const fit = new FitAddon()
    opened.loadAddon(fit)
    opened.open(place.current)
    fit.fit()
    const send = orderInTurn(
      (orders: readonly HoldOrder[]) => api.orderInHold(jobId, slice.index, orders),
      (error) => setRefusal(error instanceof Error ? error.message : String(error)),
    )
    send({ type: 'open-shell', columns: opened.cols, rows: opened.rows })
    opened.onData((text) => send({ type: 'input', text }))
    opened.onResize(({ cols, rows }) => send({ type: 'resize', columns: cols, rows }))
    const watch = new ResizeObserver(() => fit.fit())
    watch.observe(place.current)
    terminal.current = opened
    opened.focus()
    return () => {
      watch.disconnect()
      opened.dispose()
    }
  }, [jobId, slice.index])

  useEffect(() => {
    if (stepId === undefined || live === undefined) return
    return live.output(stepId, 0, {
      bytes: (_offset, bytes) => terminal.current?.write(bytes),
      ended: () => terminal.current?.write('\r\n[the shell has ended]\r\n'),
    })
  }, [live, stepId])

  return (
    <>
      {refusal !== undefined && <p className="error-text">{refusal}</p>}
      <div className="held-shell" ref={place} />
    </>
  )
}

const ansiNames = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const

/** The page's colours in its present scheme, as the terminal needs them. */
function themeOf(element: HTMLElement): ITheme {
  const { backgroundColor: background, color: foreground } = getComputedStyle(element)
  const probe = element.appendChild(document.createElement('span'))
  const ansi = (index: number) => {
    probe.style.color = `var(--ansi-${index})`
    return getComputedStyle(probe).color
  }
  const colours = ansiNames.flatMap((name, index) => [
    [name, ansi(index)],
    [`bright${name[0]!.toUpperCase()}${name.slice(1)}`, ansi(index + 8)],
  ])
  probe.remove()
  return { background, foreground, cursor: foreground, ...Object.fromEntries(colours) }
}
