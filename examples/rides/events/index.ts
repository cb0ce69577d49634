export { FareCharged, FareDeclined, FareLocked, RiderCleared, RiderFlagged } from './answers.ts'
export { OfferAccepted, OfferDeclined, OfferMade, OfferTimedOut } from './offer.ts'
export { tripStream, Money, Point } from './schemas.ts'
export {
  EtaChanged,
  TripCancelled,
  TripCompleted,
  TripConfirmed,
  TripExpired,
  TripRejected,
  TripRequested,
  TripStarted,
} from './trip.ts'
