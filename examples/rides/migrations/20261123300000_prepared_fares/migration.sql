-- The provider's record of a hold, kept before anything is held, until the fare is booked.
CREATE TABLE "prepared_fares" (
    "trip_id" UUID PRIMARY KEY,
    "prepared" TEXT NOT NULL
);
