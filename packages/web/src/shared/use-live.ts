import type { Live, LiveTopic } from '@rondo/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'

export const LiveContext = createContext<Live | undefined>(undefined)

/** Reads the page's data anew whenever something in the topic changes; bursts become one reading. */
export function useLiveQuery(topic: LiveTopic | undefined, queryKey: readonly unknown[]): void {
  const live = useContext(LiveContext)
  const queries = useQueryClient()
  const topicText = JSON.stringify(topic)
  const keyText = JSON.stringify(queryKey)
  useEffect(() => {
    if (live === undefined || topicText === undefined) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const unfollow = live.topic(JSON.parse(topicText), () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void queries.invalidateQueries({ queryKey: JSON.parse(keyText) })
      }, 60)
    })
    return () => {
      clearTimeout(timer)
      unfollow()
    }
  }, [live, queries, topicText, keyText])
}

/** The time, again every second while something runs. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}
