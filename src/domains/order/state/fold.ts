import type { OrderPlaced } from '#events'
import { ORDER_DECISIONS, ORDER_PARTS, ORDER_STATES } from '#events'
import { UnreadableEvent, type AnyEventType, type RecordedEvent } from '#messaging'
import { ANSWERS, evolve, newOrder, NOTED, type Answer, type Order, type OrderFact } from './order.ts'

/** An order as the first `version` events of its stream tell it. */
export interface VersionedOrder extends Order {
  /** The version of the stream. */
  readonly version: number
  readonly placedAt: Date
  /** When the event of that version happened. */
  readonly updatedAt: Date
  /** Its row was written by a release that folds less than this one: only the whole stream tells all of it. */
  readonly isPartial?: boolean
}

/** An order at the moment when it is placed. */
export const placedOrder = (data: Parameters<typeof newOrder>[0], placedAt: Date): VersionedOrder => ({
  ...newOrder(data),
  version: 1,
  placedAt,
  updatedAt: placedAt,
})

const TYPES: ReadonlyMap<string, AnyEventType> = new Map(
  [...ORDER_STATES, ...ORDER_PARTS, ...ANSWERS, ...NOTED].map((type) => [type.type, type]),
)

/** What can change an order. */
export const CONCERNS: readonly string[] = [...TYPES.keys()]

const OWN: ReadonlySet<string> = new Set([...ORDER_DECISIONS, ...ORDER_PARTS].map(({ type }) => type))
/** What the order itself has decided. Its row is written together with it. */
export const isOwnFact = ({ type }: Pick<RecordedEvent, 'type'>): boolean => OWN.has(type)

/**
 * The order after more events of its stream, in the order of their versions. This is what an order is: the API, the
 * reactions and the audit all read it so. Older versions of an event are upcast. An event that does not concern the
 * order, or whose data do not fit their schema, changes nothing but the version.
 * @returns undefined for a stream that does not begin with `order.placed`
 * @throws UnreadableEvent `newer-version` at an event that only a newer release knows
 */
export function fold(events: readonly RecordedEvent[], from?: VersionedOrder): VersionedOrder | undefined {
  return events.reduce(after, from)
}

/** The events up to the first that only a newer release can read. */
export function readable<Event extends RecordedEvent>(events: readonly Event[]): readonly Event[] {
  const end = events.findIndex(({ type, version }) => version > (TYPES.get(type)?.version ?? version))
  return end === -1 ? events : events.slice(0, end)
}

function after(order: VersionedOrder | undefined, event: RecordedEvent): VersionedOrder | undefined {
  const { streamVersion: version, time } = event
  const said = understood(event)
  if (!order) return said?.type === 'order.placed' ? placedOrder(said.data, time) : undefined
  const told = said && said.type !== 'order.placed' ? evolve(order, said) : order
  return { ...order, ...told, version, updatedAt: time }
}

function understood(event: RecordedEvent): ReturnType<typeof OrderPlaced> | Answer | OrderFact | undefined {
  const type = TYPES.get(event.type)
  if (!type) return undefined
  try {
    return { ...event, data: type.read(event.data, event.version) } as unknown as Answer
  } catch (error) {
    if (error instanceof UnreadableEvent && error.reason === 'invalid-data') return undefined
    throw error
  }
}
