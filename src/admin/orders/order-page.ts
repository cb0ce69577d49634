import { z } from 'zod'
import { findOrder, missingOrder, storyOf, StoryView } from '#domains/order'
import type { StuckCause, StuckKind } from '#messaging'
import type { Database } from '#platform/database'
import { drawStory, layOut } from '../../picture/index.ts'
import { Id, Moment } from '../contract/words.ts'
import { Picture, Standing } from '../contract/index.ts'
import { byWeight, toFailure } from '../overview/failures.ts'

export const OrderPage = z
  .strictObject({
    order: z.strictObject({
      id: Id,
      status: z.string(),
      version: z.int(),
      placedAt: Moment,
      updatedAt: Moment,
      total: z.strictObject({ amount: z.int(), currency: z.string() }),
      customer: z.string(),
      reason: z.string().nullable().describe('Why it was rejected or cancelled'),
    }),
    story: StoryView,
    picture: Picture,
    standing: Standing,
  })
  .meta({ id: 'OrderForOperators' })

type Told = Awaited<ReturnType<typeof storyOf>>

/** Everything that an operator wants to know of one order. @throws Refusal `order-not-found`, `order-deleted` */
export async function readOrderPage(db: Database, id: string, isKnown: (reaction: string) => boolean) {
  const { order, story } = await tellOrder(db, id)
  const { status, version, placedAt, updatedAt, total, customer, detail } = order
  return {
    order: {
      id,
      status,
      version,
      placedAt: placedAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      total,
      customer: customer.name,
      reason: detail ?? null,
    },
    story,
    picture: layOut(story),
    standing: standingOf(story, isKnown),
  }
}

/** @returns an SVG document */
export async function drawOrder(db: Database, id: string): Promise<string> {
  const { story } = await tellOrder(db, id)
  return drawStory(story, `fanfare story ${id} --svg story.svg`)
}

async function tellOrder(db: Database, id: string) {
  const order = await findOrder(db, id)
  if (!order) return missingOrder(db, id)
  return { order, story: await storyOf(db, order) }
}

function standingOf(story: Told, isKnown: (reaction: string) => boolean): Standing {
  const failures = causesIn(story)
    .map((cause) => toFailure(cause, isKnown))
    .toSorted(byWeight)
  const [worst] = failures
  const finished = story.settled && !failures.some(({ kind }) => kind === 'dead' || kind === 'held')
  if (worst) return { finished, sentence: worst.sentence, failures }
  if (story.settled) return { finished, sentence: `The order is ${story.status}, and nothing waits.`, failures }
  return { finished, sentence: 'It is on its way: reactions have it in hand, or its messages are queued.', failures }
}

/** What of this order does not move, as `findStuck` tells it of all. What is on its way over the broker is none. */
function causesIn({ orderId, events }: Told): StuckCause[] {
  return events.flatMap(({ type, time, reactions }) =>
    reactions.flatMap(({ reaction, state, dueAt, reason, error, deliveryId, history }) => {
      if (state === 'handled' || state === 'waiting') return []
      const failed = history.filter(({ error }) => error !== null)
      const isPostponed = state === 'retrying' && reason === 'retry-later'
      if (state === 'retrying' && failed.length === 0 && !isPostponed) return []
      const last = failed.at(-1)
      const newer = state === 'retrying' && (reason === 'unknown-type' || reason === 'newer-version')
      return {
        kind: (newer ? 'newer-release' : isPostponed ? 'postponed' : state) as StuckKind,
        reaction,
        eventType: type,
        error,
        fingerprint: null,
        conversations: 1,
        more: false,
        example: orderId,
        deliveryId,
        attempts: failed.length,
        since: last?.at ?? time,
        nextAt: dueAt,
      }
    }),
  )
}
