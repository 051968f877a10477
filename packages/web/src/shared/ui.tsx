import type { ReactNode } from 'react'
import { lookOf } from './status.ts'
import './ui.css'

/** A status as its icon; the word is there for those who cannot see it. */
export function StatusIcon({ status, size = 18 }: { readonly status: string; readonly size?: number }) {
  const look = lookOf(status)
  return (
    <span className={`status-icon tone-${look.tone}`} role="img" aria-label={look.word} title={look.word}>
      <svg width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
        {look.icon === '' ? (
          <>
            <circle cx="8" cy="8" r="6" stroke="currentColor" strokeOpacity=".25" strokeWidth="2" />
            <path
              className="turning"
              d="M14 8a6 6 0 0 0-6-6"
              stroke="currentColor"
              strokeWidth="2"
              strokeLinecap="round"
            />
          </>
        ) : (
          <>
            <circle cx="8" cy="8" r="7.5" fill="currentColor" fillOpacity=".14" />
            <path
              d={look.icon}
              stroke="currentColor"
              strokeWidth="1.8"
              strokeLinecap="round"
              strokeLinejoin="round"
              transform="translate(2.4 2.4) scale(.7)"
            />
          </>
        )}
      </svg>
    </span>
  )
}

export function StatusBadge({ status }: { readonly status: string }) {
  const look = lookOf(status)
  return (
    <span className={`badge tone-${look.tone}`}>
      <StatusIcon status={status} size={14} />
      {look.word}
    </span>
  )
}

/** A page's word when there is nothing else to show. */
export function Notice({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="notice">
      <h1>{title}</h1>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}

export function Trouble({ error }: { readonly error: Error }) {
  return <Notice title="This cannot be shown">{error.message}</Notice>
}

/** Grey lines in the place of what is being read. */
export function Skeleton({ rows }: { readonly rows: number }) {
  return (
    <div className="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <div key={row} />
      ))}
    </div>
  )
}

export function Mark({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <path d="M26 16a10 10 0 1 1-3.6-7.7" stroke="var(--accent)" strokeWidth="4.5" strokeLinecap="round" />
      <circle cx="26" cy="9.5" r="3.4" fill="var(--second)" />
    </svg>
  )
}
