import { z } from 'zod'

export const tripStream = ({ tripId }: { tripId: string }): string => `trip-${tripId}`

export const Point = z.object({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) })
export type Point = z.infer<typeof Point>

export const Money = z.object({ amount: z.int().min(0).describe('Minor units'), currency: z.string().length(3) })
export type Money = z.infer<typeof Money>

export const Seconds = z.int().min(0)

/** What every fact of a trip is about. */
export const ofTrip = { tripId: z.uuid(), riderId: z.string().max(64) }
/** What every fact of an offer is about. */
export const ofOffer = { tripId: z.uuid(), driverId: z.string().max(64), attempt: z.int().min(1) }

export const TRIP = '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7'
