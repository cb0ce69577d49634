-- One table for every right that one process at a time may have; what each holder goes on from stands where it belongs.
-- CreateTable
CREATE TABLE "leases" (
    "name" TEXT NOT NULL,
    "token" BIGINT NOT NULL DEFAULT 0,
    "holder" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "timeline" TEXT,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);

INSERT INTO "leases" SELECT "name", "token", "holder", "expires_at", "timeline" FROM "relay_leases";

ALTER TABLE "relay_leases" RENAME TO "relay_checkpoints";
ALTER TABLE "relay_checkpoints" RENAME CONSTRAINT "relay_leases_pkey" TO "relay_checkpoints_pkey";
ALTER TABLE "relay_checkpoints" DROP COLUMN "token", DROP COLUMN "holder", DROP COLUMN "expires_at", DROP COLUMN "timeline";

ALTER TABLE "reconcile_state" DROP COLUMN "leased_until", DROP COLUMN "leased_by";
