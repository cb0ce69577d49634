import { ownersOf } from '#domains/order'
import { orderOf, PUBLIC_TYPES, toPublic } from '#events'
import { checkPlace, placeOf, readPresent, readPublishedData, TakenBack, UnreadableEvent, type Place } from '#messaging'
import { isDatabaseOutage, type Database } from '#platform/database'
import { createBell } from '#platform/process/bell'
import type { Logger } from '#platform/log/logger'

/** An event as every stream sends it: written as JSON once, however many listen. */
export interface FeedEvent {
  place: Place
  type: string
  clientId: string
  orderId: string
  json: string
  /** Why it has no `json`: it is of a newer release, for instance. */
  unreadable?: UnreadableEvent
}

/** What a listener wants to hear of. */
export interface Wanted {
  clientId: string
  /** @default all */
  orderId?: string
  /** @default all that are public */
  types?: ReadonlySet<string>
}

export interface Listener {
  /** Everything after this place comes here. */
  readonly from: Place
  /** What has come and was not taken yet; undefined when it was more than MOST_WAITING, or cannot be read. */
  take(): FeedEvent[] | undefined
  /** Resolves when there is something to take, or it has left. */
  news(): Promise<unknown>
  leave(): void
}

export interface Feed {
  /** @returns undefined when too many listen already */
  join(wanted: Wanted): Promise<Listener | undefined>
  /**
   * What was published after a place, a portion at a time.
   * @throws UnreadableEvent when the first of it cannot be read
   * @throws TakenBack when that place is not in the history any more
   */
  read(wanted: Wanted, after: Place, span: number): Promise<{ events: FeedEvent[]; place: Place; isFull: boolean }>
  /** How far the relay has published. */
  present(): Promise<Place>
  /** @throws TakenBack when that place is not in the history any more */
  check(place: Place): Promise<Place>
  readonly listeners: number
  /** Aborted when the process stops. */
  readonly ending: AbortSignal
}

interface FeedOptions {
  db: Database
  log: Logger
  /** Aborted when the process stops. */
  ending: AbortSignal
  /** Milliseconds between two looks at what is new, while somebody listens. @default 200 */
  lookMs?: number
  /** Listeners of this process. @default 10000 */
  most?: number
}

/** Events that wait for one listener. */
const MOST_WAITING = 1_000
const SPAN = 1_000

interface Entry extends Listener {
  wanted: Wanted
  hear(event: FeedEvent): void
  /** It takes nothing any more. */
  end(): void
}

/**
 * One look at the event store for everybody who listens in this process, while somebody does. It reads up to where the relay has
 * published: beyond that a transaction may still be open whose event comes before. An event that cannot be read ends the streams
 * that want it, and no others. After a failover or a restore that has taken back what it told last, all of them end.
 */
export function createFeed({ db, log, ending, lookMs = 200, most = 10_000 }: FeedOptions): Feed {
  const byClient = new Map<string, Set<Entry>>()
  const bell = createBell()
  ending.addEventListener('abort', () => bell.ring(), { once: true })
  let count = 0
  let place: Place = { position: 0n }
  let active: Promise<void> | undefined

  const run = async () => {
    while (count > 0 && !ending.aborted) {
      const isFull = await look().catch((err: unknown) => {
        if (!isDatabaseOutage(err)) log.error({ err }, 'live events cannot be read; it is tried again')
        return false
      })
      if (!isFull) await bell.wait(lookMs)
    }
    active = undefined
  }
  const begin = async () => {
    place = await present()
    void run()
  }
  const look = async () => {
    const read = await readFeed(db, { after: place, span: SPAN }).catch(beginAnew)
    if (!read) return false
    place = read.place
    for (const event of read.events) {
      const { unreadable: err, type } = event
      if (err)
        log.error({ err, type }, 'an event cannot be read; who wants it live has to ask another process, or later')
      for (const entry of byClient.get(event.clientId) ?? [])
        if (isWanted(entry.wanted, event)) (err ? entry.end : entry.hear)(event)
    }
    return read.isFull
  }
  const beginAnew = async (error: unknown) => {
    if (!(error instanceof TakenBack)) throw error
    const { position } = place
    place = await present()
    log.warn(
      { reason: `the event at position ${position} that was told is gone; published up to ${place.position}` },
      'PostgreSQL has failed over or was restored: live streams end, and begin anew',
    )
    for (const entry of [...byClient.values()].flatMap((entries) => [...entries])) entry.end()
  }
  const leave = (entry: Entry) => {
    const entries = byClient.get(entry.wanted.clientId)
    if (!entries?.delete(entry)) return
    count--
    if (entries.size === 0) byClient.delete(entry.wanted.clientId)
  }
  const present = () => readPresent(db)
  return {
    ending,
    present,
    check: (asked) => checkPlace(db, asked),
    async join(wanted) {
      if (count >= most) return undefined
      count++ // from here on the look goes on
      try {
        await (active ??= begin())
      } catch (error) {
        count--
        active = undefined
        throw error
      }
      const entry = createEntry(wanted, place, () => leave(entry))
      const entries = byClient.get(wanted.clientId) ?? new Set()
      byClient.set(wanted.clientId, entries.add(entry))
      return entry
    },
    async read(wanted, after, span) {
      const stream = wanted.orderId === undefined ? {} : { stream: `order-${wanted.orderId}` }
      const { events, ...rest } = await readFeed(db, { after, span, ...stream })
      const told = events.filter((event) => isWanted(wanted, event))
      const [first] = told
      if (first?.unreadable) throw first.unreadable
      const nth = told.findIndex((event) => event.unreadable)
      if (nth === -1) return { ...rest, events: told }
      return { events: told.slice(0, nth), place: told[nth - 1]!.place, isFull: true }
    },
    get listeners() {
      return count
    },
  }
}

const isWanted = ({ clientId, orderId, types }: Wanted, event: FeedEvent) =>
  event.clientId === clientId && (orderId ?? event.orderId) === event.orderId && (types?.has(event.type) ?? true)

async function readFeed(db: Database, range: { after: Place; span: number; stream?: string }) {
  const { events, ...rest } = await readPublishedData(db, { ...range, types: PUBLIC_TYPES })
  const owners = await ownersOf(
    db,
    events.map(({ stream }) => orderOf(stream)),
  )
  const told = events.flatMap((event): FeedEvent[] => {
    const owner = owners.get(orderOf(event.stream))
    if (!owner) return []
    const told = { place: placeOf(event), type: event.type, clientId: owner.clientId, orderId: owner.id }
    try {
      return [{ ...told, json: JSON.stringify(toPublic(event, owner.test)) }]
    } catch (error) {
      if (error instanceof UnreadableEvent) return [{ ...told, json: '', unreadable: error }]
      throw error
    }
  })
  return { ...rest, events: told }
}

function createEntry(wanted: Wanted, from: Place, leave: () => void): Entry {
  let waiting: FeedEvent[] | undefined = []
  let hasLeft = false
  let tell = () => {}
  const end = () => {
    waiting = undefined
    leave()
    tell()
  }
  return {
    wanted,
    from,
    leave() {
      hasLeft = true
      leave()
      tell()
    },
    hear(event) {
      if (waiting && waiting.length >= MOST_WAITING) end()
      waiting?.push(event)
      tell()
    },
    end,
    take() {
      const taken = waiting
      if (waiting) waiting = []
      return taken
    },
    news: () =>
      hasLeft || waiting === undefined || waiting.length > 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            tell = resolve
          }),
  }
}
