import type { LastChangeView } from '@rondo/protocol'
import { ago } from '../../shared/time.ts'
import { useNow } from '../../shared/use-live.ts'

/** Who set something last, and when. */
export function SetBy({ change }: { readonly change: LastChangeView | null | undefined }) {
  const now = useNow(true)
  if (!change) return null
  return (
    <span className="set-by quiet">
      set by {change.by ?? 'Rondo'},{' '}
      <time dateTime={change.at} title={new Date(change.at).toLocaleString()}>
        {ago(change.at, now)}
      </time>
    </span>
  )
}
