import type { LastChange } from '@rondo/model'
import type { LastChangeView } from '@rondo/protocol'

export function lastChangeView(change: LastChange | null | undefined): LastChangeView | null {
  return change ? { by: change.by, at: change.at.toISOString() } : null
}
