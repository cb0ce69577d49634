import type { Transaction } from '#platform/database'

const minutes = (seconds: number) => `${Math.max(1, Math.round(seconds / 60))} min`

type Told = 'trip.confirmed' | 'eta.changed' | 'trip.expired' | 'trip.rejected'

export function textOf(type: Told, etaS: number): string {
  switch (type) {
    case 'trip.confirmed':
      return `Your driver is on the way: ${minutes(etaS)}.`
    case 'eta.changed':
      return `Your driver will be there in ${minutes(etaS)}.`
    case 'trip.expired':
      return 'We found no driver. Nothing is charged.'
    case 'trip.rejected':
      return 'We cannot offer you this trip. Nothing is charged.'
  }
}

interface Message {
  eventId: string
  tripId: string
  riderId: string
  streamVersion: number
  text: string
}

export async function keepMessage(tx: Transaction, { eventId, tripId, riderId, streamVersion, text }: Message) {
  await tx.$executeRaw`
    INSERT INTO rider_messages (event_id, trip_id, rider_id, stream_version, text)
    VALUES (${eventId}::uuid, ${tripId}::uuid, ${riderId}, ${streamVersion}, ${text})`
}
