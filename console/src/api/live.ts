import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'
import type { Overview } from '../../../src/admin/contract/index.ts'
import { admin, ApiProblem, ask } from './ask.ts'

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
  /** The session has: nothing more comes until somebody signs in. */
  hasEnded?: boolean
  /** The newest first. */
  events: readonly LiveEvent[]
}

const KEPT = 300

export const LiveContext = createContext<Live>({ connected: false, events: [] })
export const useLive = () => useContext(LiveContext)

const PLACE = '/v1/admin/live'
/** Milliseconds after which it is tried again where the browser does not. */
const AGAIN_MS = 3_000

/**
 * One connection for the whole page. The browser connects again by itself, and names the last message that it has. After an answer that
 * is no stream it gives up, a proxy's 502 say, or a session that has ended: then this tries again, as somebody may sign in in another tab.
 */
export function useLiveConnection(): Live {
  const queries = useQueryClient()
  const [live, setLive] = useState<Live>({ connected: false, events: [] })
  useEffect(() => {
    let source: EventSource
    let again: ReturnType<typeof setTimeout> | undefined
    let lastId = ''
    const connect = () => {
      source = new EventSource(lastId === '' ? PLACE : `${PLACE}?since=${lastId}`)
      source.addEventListener('open', () => setLive(({ events }) => ({ connected: true, events })))
      source.addEventListener('error', lose)
      source.addEventListener('overview', ({ data }) =>
        queries.setQueryData(['overview'], JSON.parse(data) as Overview),
      )
      source.addEventListener('events', ({ data, lastEventId }) => {
        lastId = lastEventId
        const latest = (JSON.parse(data) as LiveEvent[]).toReversed()
        setLive(({ events, ...now }) => ({ ...now, events: [...latest, ...events].slice(0, KEPT) }))
      })
    }
    const lose = () => {
      setLive((now) => ({ ...now, connected: false, ...(now.connected && { lostAt: new Date().toISOString() }) }))
      if (source.readyState !== EventSource.CLOSED) return
      again = setTimeout(connect, AGAIN_MS)
      ask(admin('session')).catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status === 401) setLive((now) => ({ ...now, hasEnded: true }))
      })
    }
    connect()
    return () => {
      clearTimeout(again)
      source.close()
    }
  }, [queries])
  return live
}
