import * as events from '#events'
import type { AnyEventType } from '#messaging'

/** Every event type of this release by its type, with the name it is imported by. */
export const EVENT_TYPES: readonly { name: string; type: AnyEventType }[] = Object.entries(events)
  .flatMap(([name, one]) => (typeof one === 'function' && 'read' in one ? [{ name, type: one as AnyEventType }] : []))
  .toSorted((a, b) => (a.type.type < b.type.type ? -1 : 1))
