-- A trip as far as its stream was folded when it last decided something.
CREATE TABLE "trips" (
    "id" UUID PRIMARY KEY,
    "rider_id" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "zone" TEXT NOT NULL,
    "pickup_lat" DOUBLE PRECISION NOT NULL,
    "pickup_lng" DOUBLE PRECISION NOT NULL,
    "dropoff_lat" DOUBLE PRECISION NOT NULL,
    "dropoff_lng" DOUBLE PRECISION NOT NULL,
    "distance_m" INTEGER NOT NULL,
    "ride_s" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'requested' CHECK ("status" IN
      ('requested', 'confirmed', 'started', 'completed', 'paid', 'unpaid', 'cancelled', 'expired', 'rejected')),
    "fare_amount" INTEGER,
    "fare_currency" TEXT,
    "screening" TEXT NOT NULL DEFAULT 'pending' CHECK ("screening" IN ('pending', 'cleared', 'flagged')),
    "driver_id" TEXT,
    "eta_s" INTEGER,
    "version" INTEGER NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CHECK ("status" NOT IN ('confirmed', 'started', 'completed', 'paid', 'unpaid') OR "driver_id" IS NOT NULL AND "fare_amount" IS NOT NULL)
);
-- A driver drives one rider at a time.
CREATE UNIQUE INDEX "trips_driver" ON "trips" ("driver_id") WHERE "status" IN ('confirmed', 'started');
CREATE INDEX "trips_open" ON "trips" ("requested_at") WHERE "status" = 'requested';
CREATE INDEX "trips_latest" ON "trips" ("updated_at");

CREATE TABLE "drivers" (
    "id" TEXT PRIMARY KEY,
    -- The trip that has this driver: asked for, or taken. A trip has one driver, a driver one trip.
    "trip_id" UUID UNIQUE
);

CREATE TABLE "dispatches" (
    "trip_id" UUID PRIMARY KEY,
    "state" TEXT NOT NULL CHECK ("state" IN ('searching', 'offered', 'accepted', 'closed')),
    "driver_id" TEXT REFERENCES "drivers" ("id"),
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "eta_s" INTEGER,
    "answer_by" TIMESTAMPTZ(3),
    "refused_by" TEXT[] NOT NULL DEFAULT '{}',
    "pickup_lat" DOUBLE PRECISION,
    "pickup_lng" DOUBLE PRECISION,
    CHECK (("state" IN ('offered', 'accepted')) = ("driver_id" IS NOT NULL)),
    CHECK (("state" = 'offered') = ("answer_by" IS NOT NULL)),
    CHECK ("state" = 'closed' OR "pickup_lat" IS NOT NULL)
);
CREATE UNIQUE INDEX "dispatches_driver" ON "dispatches" ("driver_id") WHERE "driver_id" IS NOT NULL;
CREATE INDEX "dispatches_unanswered" ON "dispatches" ("answer_by") WHERE "state" = 'offered';

CREATE TABLE "fares" (
    "trip_id" UUID PRIMARY KEY,
    "zone" TEXT NOT NULL,
    "amount" INTEGER NOT NULL CHECK ("amount" > 0),
    "currency" TEXT NOT NULL,
    "surge" INTEGER NOT NULL CHECK ("surge" BETWEEN 100 AND 300),
    "locked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE INDEX "fares_recent" ON "fares" ("locked_at");
CREATE INDEX "fares_of_zone" ON "fares" ("zone", "locked_at");

CREATE TABLE "screenings" (
    "trip_id" UUID PRIMARY KEY,
    "rider_id" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "screened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);
CREATE INDEX "screenings_of_rider" ON "screenings" ("rider_id", "screened_at");

CREATE TABLE "payment_methods" (
    "rider_id" TEXT PRIMARY KEY,
    "token" TEXT NOT NULL
);

CREATE TABLE "charges" (
    "trip_id" UUID PRIMARY KEY,
    "amount" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    -- The gateway's code; empty where the fare was taken.
    "declined" TEXT,
    "booked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now()
);

CREATE TABLE "rider_messages" (
    "event_id" UUID PRIMARY KEY,
    "trip_id" UUID NOT NULL,
    "rider_id" TEXT NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    -- Drawn when it was told.
    "nth" BIGSERIAL
);
CREATE INDEX "rider_messages_of_trip" ON "rider_messages" ("trip_id", "nth");

CREATE TABLE "demand" (
    "city" TEXT NOT NULL,
    "zone" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "requests" BIGINT NOT NULL,
    PRIMARY KEY ("city", "zone", "minute")
);
