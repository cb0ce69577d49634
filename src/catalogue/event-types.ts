import * as events from '#events'
import type { AnyEventType } from '#messaging'

/** Every event type of this release, with the name it is imported by. */
export const EVENT_TYPES: readonly { name: string; type: AnyEventType }[] = Object.entries(events).flatMap(
  ([name, one]) => (typeof one === 'function' && 'read' in one ? [{ name, type: one as AnyEventType }] : []),
)
