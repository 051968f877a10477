import { type CSSProperties, memo } from 'react'
import type { Line } from './ansi/screen.ts'
import { paletteColor, type Style } from './ansi/style.ts'

/** One line of output in its colours. Text is only ever text: nothing a job prints becomes markup. */
export const LineText = memo(function LineText({ line }: { readonly line: Line }) {
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

/** The first sixteen are the scheme's own, so that they read well on its ground. */
function cssColor(color: number | string): string {
  if (typeof color === 'string') return color
  return color < 16 ? `var(--ansi-${color})` : paletteColor(color)
}
