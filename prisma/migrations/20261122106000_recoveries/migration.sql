-- What a delivery failed of last, where that is something that its reaction calls; and whether the policy has redriven it, which it does once.
ALTER TABLE "deliveries" ADD COLUMN "dependency" TEXT, ADD COLUMN "redriven_by_policy" BOOLEAN NOT NULL DEFAULT false;

-- The dead letters of an outage.
CREATE INDEX "deliveries_dead_of_dependency" ON "deliveries" ("dependency", "failed_at") INCLUDE ("reaction", "redriven_by_policy") WHERE "state" = 'dead' AND "dependency" IS NOT NULL;

-- What a breaker is open for, since when its calls had failed, and whether it was closed by a call that succeeded or by the end of its process.
ALTER TABLE "breakers" ADD COLUMN "dependency" TEXT, ADD COLUMN "failing_since" TIMESTAMPTZ(3), ADD COLUMN "recovered" BOOLEAN NOT NULL DEFAULT false;
