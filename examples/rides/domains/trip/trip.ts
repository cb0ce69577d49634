import type {
  EtaChanged,
  FareCharged,
  FareDeclined,
  FareLocked,
  Money,
  OfferAccepted,
  OfferDeclined,
  OfferMade,
  OfferTimedOut,
  RiderCleared,
  RiderFlagged,
  TripCancelled,
  TripCompleted,
  TripConfirmed,
  TripExpired,
  TripRejected,
  TripRequested,
  TripStarted,
} from '../../events/index.ts'

/** What a trip may become from each status; nothing else is legal. */
export const NEXT = {
  requested: ['confirmed', 'rejected', 'cancelled', 'expired'],
  confirmed: ['started', 'cancelled'],
  started: ['completed', 'cancelled'],
  completed: ['paid', 'unpaid'],
  paid: [],
  unpaid: [],
  cancelled: [],
  expired: [],
  rejected: [],
} as const satisfies Record<string, readonly string[]>

export type TripStatus = keyof typeof NEXT

/** A trip that is there for good. */
export const isOver = (status: TripStatus): boolean => NEXT[status].length === 0

/** A trip as its stream tells it. */
export interface Trip {
  readonly id: string
  readonly riderId: string
  readonly status: TripStatus
  /** The one that was locked first; null until then. */
  readonly fare: Money | null
  readonly screening: 'pending' | 'cleared' | 'flagged'
  /** Who takes it; null until somebody does. */
  readonly driverId: string | null
  readonly etaS: number | null
  /** How many events of its stream it has taken in. */
  readonly version: number
}

/** The facts that concern a trip. */
export type TripFact = ReturnType<
  | typeof TripRequested
  | typeof TripConfirmed
  | typeof EtaChanged
  | typeof TripStarted
  | typeof TripCompleted
  | typeof TripCancelled
  | typeof TripExpired
  | typeof TripRejected
  | typeof OfferMade
  | typeof OfferAccepted
  | typeof OfferDeclined
  | typeof OfferTimedOut
  | typeof FareLocked
  | typeof RiderCleared
  | typeof RiderFlagged
  | typeof FareCharged
  | typeof FareDeclined
>

export const requested = ({ data }: ReturnType<typeof TripRequested>): Trip => ({
  id: data.tripId,
  riderId: data.riderId,
  status: 'requested',
  fare: null,
  screening: 'pending',
  driverId: null,
  etaS: null,
  version: 1,
})

/** The trip after one more fact of its stream. A fact that comes too late to matter changes nothing but the version. */
export const evolve = (trip: Trip, fact: TripFact): Trip => ({
  ...trip,
  ...changeOf(trip, fact),
  version: trip.version + 1,
})

function changeOf(trip: Trip, fact: TripFact): Partial<Trip> {
  switch (fact.type) {
    case 'fare.locked':
      return trip.fare ? {} : { fare: fact.data.fare }
    case 'rider.cleared':
      return trip.screening === 'pending' ? { screening: 'cleared' } : {}
    case 'rider.flagged':
      return trip.screening === 'pending' ? { screening: 'flagged' } : {}
    case 'offer.accepted':
      return trip.status === 'requested' ? { driverId: fact.data.driverId, etaS: fact.data.etaS } : {}
    case 'eta.changed':
      return { etaS: fact.data.etaS }
    case 'trip.requested':
    case 'offer.made':
    case 'offer.declined':
    case 'offer.timed-out':
      return {}
    default:
      return become(trip, REACHED[fact.type])
  }
}

const REACHED = {
  'trip.confirmed': 'confirmed',
  'trip.started': 'started',
  'trip.completed': 'completed',
  'trip.cancelled': 'cancelled',
  'trip.expired': 'expired',
  'trip.rejected': 'rejected',
  'fare.charged': 'paid',
  'fare.declined': 'unpaid',
} as const

const become = ({ status }: Trip, next: TripStatus): Partial<Trip> => (mayBecome(status, next) ? { status: next } : {})

export const mayBecome = (status: TripStatus, next: TripStatus): boolean =>
  (NEXT[status] as readonly TripStatus[]).includes(next)
