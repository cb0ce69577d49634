import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'
import type { Overview } from '../../../src/admin/contract/index.ts'

/** An event of the store, as soon as the relay has published it. */
export interface LiveEvent {
  position: string
  id: string
  type: string
  stream: string
  streamVersion: number
  correlationId: string
  causationId: string | null
  actor: string | null
  time: string
}

interface Live {
  connected: boolean
  /** When the connection was lost: what is shown may be as old. */
  lostAt?: string | undefined
  /** The newest first. */
  events: readonly LiveEvent[]
}

const KEPT = 300

export const LiveContext = createContext<Live>({ connected: false, events: [] })
export const useLive = () => useContext(LiveContext)

/** One connection for the whole page. The browser connects again by itself, and names the last message that it has. */
export function useLiveConnection(): Live {
  const queries = useQueryClient()
  const [live, setLive] = useState<Live>({ connected: false, events: [] })
  useEffect(() => {
    const source = new EventSource('/v1/admin/live')
    source.addEventListener('open', () => setLive((now) => ({ ...now, connected: true, lostAt: undefined })))
    source.addEventListener('error', () =>
      setLive((now) => ({ ...now, connected: false, ...(now.connected && { lostAt: new Date().toISOString() }) })),
    )
    source.addEventListener('overview', ({ data }) => queries.setQueryData(['overview'], JSON.parse(data) as Overview))
    source.addEventListener('events', ({ data }) => {
      const latest = (JSON.parse(data) as LiveEvent[]).toReversed()
      setLive(({ events, ...now }) => ({ ...now, events: [...latest, ...events].slice(0, KEPT) }))
    })
    return () => source.close()
  }, [queries])
  return live
}
