import { isDeepStrictEqual } from 'node:util'
import type { Database, Transaction } from '#platform/database'
import { openAll, sealAll, SealBroken, withhold } from '#platform/sealing'
import type { NewEvent, PersonalPart, RecordedEvent, StoredData } from '../define-event.ts'
import { UnreadableEvent } from '../errors.ts'
import { SEALED, sealedIn, shownOf } from '../personal-marks.ts'

type Data = StoredData['data']

/**
 * Seals the personal data of events, each under the key of its person and bound to its stream. `append` does so by itself;
 * who stores the same data elsewhere as well seals them once, and stores `stored.data`.
 */
export async function sealEvents<Event extends NewEvent>(
  tx: Transaction,
  events: readonly Event[],
): Promise<(Event & { readonly stored?: StoredData })[]> {
  const open = events.filter((event) => event.marked && !event.stored && !isWithheld(event))
  if (open.length === 0) return [...events]
  const sealed = await sealAll(
    tx,
    open.map(({ data, stream, marked }) => ({ ...marked!, document: data as Data, boundTo: stream })),
  )
  const byEvent = new Map<Event, StoredData>(
    sealed.map(({ shown, ...part }, index) => [open[index]!, { ...part, data: { ...shown, [SEALED]: part.sealed } }]),
  )
  return events.map((event) => ({ ...event, ...(byEvent.has(event) && { stored: byEvent.get(event)! }) }))
}

/** Told of somebody who was forgotten: nothing personal is left in it. */
function isWithheld({ data, marked }: NewEvent): boolean {
  const { marks, email } = marked!
  return email.endsWith('.invalid') && isDeepStrictEqual(withhold(data as Data, marks).shown, data)
}

type Openable = Pick<RecordedEvent, 'data' | 'stream'>
/** An event as it was before it was sealed. */
export type OpenEvent<Event> = Event & { readonly personal?: PersonalPart; readonly withheld?: Data }

/**
 * Opens stored events, in the same order: of somebody who was forgotten, the data stay as everybody sees them. In place of an
 * event that cannot be opened stands the reason. Asks the database only for keys that this process has not used lately.
 */
export async function openEvents<Event extends Openable>(
  db: Database | Transaction,
  events: readonly Event[],
): Promise<(OpenEvent<Event> | UnreadableEvent)[]> {
  const sealed = events.map(({ data }) => sealedIn(data))
  const parts = events.flatMap(({ data, stream }, index) =>
    sealed[index] === undefined ? [] : [{ shown: shownOf(data) as Data, sealed: sealed[index], boundTo: stream }],
  )
  if (parts.length === 0) return [...events]
  const opened = (await openAll(db, parts)).values()
  return events.map((event, index) => {
    if (sealed[index] === undefined) return event
    const one = opened.next().value!
    if (one instanceof SealBroken) return new UnreadableEvent('invalid-data', one.message, { cause: one })
    const { document, person, personal } = one
    return {
      ...event,
      data: document,
      personal: { person, sealed: sealed[index] },
      ...(personal && { withheld: personal }),
    }
  })
}

/** Events as those see them who may not see personal data, for readers that need none. */
export const withheldEvents = <Event extends Openable>(events: readonly Event[]): OpenEvent<Event>[] =>
  events.map((event) => ({ ...event, data: shownOf(event.data) }))

/** The same for those who cannot do without one of them. @throws UnreadableEvent */
export async function openedEvents<Event extends Openable>(
  db: Database | Transaction,
  events: readonly Event[],
): Promise<OpenEvent<Event>[]> {
  return (await openEvents(db, events)).map((event) => {
    if (event instanceof UnreadableEvent) throw event
    return event
  })
}
