import { setTimeout as wait } from 'node:timers/promises'
import { readPublishedAfter, readRelay, type PublishedEvent } from '#messaging'
import type { LiveMessage } from '#http'
import type { Overview } from './contract/index.ts'
import type { AdminNeeds } from './needs.ts'

/** Milliseconds between two looks. */
const LOOK_MS = 1_000
/** The overview is told at every second look. */
const OVERVIEW_EVERY = 2
/** Events of one message; and how far back who connects again is told, times ten. */
const MOST = 100

interface Asked extends Pick<AdminNeeds, 'db' | 'ending'> {
  overview: () => Promise<Overview>
  lastId: string | undefined
}

/** What goes on, until the process stops or nobody reads on. While PostgreSQL is away it is silent, and goes on afterwards. */
export async function* liveMessages({ db, ending, overview, lastId }: Asked): AsyncGenerator<LiveMessage> {
  let position = await firstPosition(db, lastId)
  for (let look = 0; !ending.aborted; look++) {
    const events = await readPublishedAfter(db, position, MOST).catch(() => [])
    position = events.at(-1)?.position ?? position
    if (events.length > 0) yield { id: String(position), event: 'events', data: events.map(toView) }
    if (look % OVERVIEW_EVERY === 0) {
      const data = await overview().catch(() => undefined)
      if (data) yield { event: 'overview', data }
    }
    if (events.length < MOST) await wait(LOOK_MS, undefined, { signal: ending }).catch(() => {})
  }
}

/** Behind the last message that was received, unless that is long ago; else from now on. */
async function firstPosition(db: AdminNeeds['db'], lastId: string | undefined): Promise<bigint> {
  const { position } = await readRelay(db)
  if (lastId === undefined || !/^\d{1,18}$/.test(lastId)) return position
  const seen = BigInt(lastId)
  const oldest = position - BigInt(10 * MOST)
  return seen > position ? position : seen < oldest ? oldest : seen
}

const toView = ({ position, time, ...event }: PublishedEvent) => ({
  ...event,
  position: String(position),
  time: time.toISOString(),
})
