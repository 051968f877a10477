import { createLive, type Live } from '@rondo/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

/** The page's one live connection. When it comes back, everything on the page is read anew: changes may have been missed. */
export function useConnection(): { readonly connection: Live | undefined; readonly connected: boolean } {
  const [connection, setConnection] = useState<Live>()
  const [connected, setConnected] = useState(true)
  const queries = useQueryClient()
  useEffect(() => {
    const live = createLive({ connect: () => new WebSocket(`${location.origin.replace('http', 'ws')}/live`) })
    setConnection(live)
    const stop = live.onState((state) => {
      setConnected(state)
      if (state) void queries.invalidateQueries()
    })
    return () => {
      stop()
      live.close()
    }
  }, [queries])
  return { connection, connected }
}
