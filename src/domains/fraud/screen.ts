import type { DataOf } from '#messaging'
import type { OrderPlaced } from '#events'

export type ScreenedOrder = Pick<DataOf<typeof OrderPlaced>, 'customer' | 'shippingAddress' | 'lines' | 'total'>

export interface Screening {
  /** 0 (nothing speaks against it) to 100. */
  score: number
  /** One sentence for each rule that spoke against it. */
  reasons: string[]
  flagged: boolean
}

interface Rule {
  points: number
  reason: string
  suspects: (order: ScreenedOrder) => boolean
}

/** From this score on an order is flagged. */
const FLAG_FROM = 70
/** In minor units, whatever the currency. */
const LARGE = 1_000_000
const HUGE = 10_000_000
const MANY_PIECES = 10_000

const THROW_AWAY = new Set([
  '10minutemail.com',
  'guerrillamail.com',
  'mailinator.com',
  'temp-mail.org',
  'throwawaymail.com',
  'trashmail.com',
  'yopmail.com',
])

/**
 * Each rule looks at the order alone; no single everyday trait is enough to flag it. There is no limit on orders per
 * customer and hour: shops that order for many people, and every import, would meet it first.
 */
const RULES: readonly Rule[] = [
  {
    points: 100,
    reason: 'The mailbox is one that stands for fraud in tests.',
    suspects: ({ customer }) => /^fraud(\+[^@]*)?@/i.test(customer.email),
  },
  {
    points: 50,
    reason: 'The mail address is of a kind that is thrown away after use.',
    suspects: ({ customer }) => THROW_AWAY.has(domainOf(customer.email)),
  },
  { points: 30, reason: 'The total is large.', suspects: ({ total }) => total.amount >= LARGE },
  { points: 40, reason: 'The total is far beyond what is usual.', suspects: ({ total }) => total.amount >= HUGE },
  {
    points: 20,
    reason: 'One product is ordered in a number that is for resale.',
    suspects: ({ lines }) => lines.some(({ quantity }) => quantity >= MANY_PIECES),
  },
]

/** Pure: the same order always scores the same. */
export function screen(order: ScreenedOrder): Screening {
  const matched = RULES.filter(({ suspects }) => suspects(order))
  const score = Math.min(
    100,
    matched.reduce((sum, { points }) => sum + points, 0),
  )
  return { score, reasons: matched.map(({ reason }) => reason), flagged: score >= FLAG_FROM }
}

const domainOf = (email: string) => email.slice(email.lastIndexOf('@') + 1).toLowerCase()
