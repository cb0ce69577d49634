import type { Place } from '#messaging'

/** A position, and the mark of its event. A plain position is taken too, as `0`, and is not checked for another event. */
export const MESSAGE_ID = /^(\d{1,18})(?:-([0-9a-f]{12}))?$/

export const toMessageId = ({ position, mark }: Place) => (mark === undefined ? `${position}` : `${position}-${mark}`)

/** Of what fits MESSAGE_ID. */
export function fromMessageId(id: string): Place {
  const [, position, mark] = MESSAGE_ID.exec(id)!
  return { position: BigInt(position!), mark }
}
