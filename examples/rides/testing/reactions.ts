import recordDemand from '../workers/analytics/record-demand.ts'
import screenRider from '../workers/fraud/screen-rider.ts'
import awardMiles from '../workers/loyalty/award-miles.ts'
import matchDriver from '../workers/matching/match-driver.ts'
import releaseDriver from '../workers/matching/release-driver.ts'
import tellRider from '../workers/notification/tell-rider.ts'
import chargeFare from '../workers/payment/charge-fare.ts'
import lockFare from '../workers/pricing/lock-fare.ts'
import advanceTrip from '../workers/trip/advance-trip.ts'

/** All reactions of rides. */
export const REACTIONS = [
  matchDriver,
  releaseDriver,
  lockFare,
  screenRider,
  advanceTrip,
  chargeFare,
  tellRider,
  recordDemand,
  awardMiles,
]
