-- One answer for each (event, reaction) that is not simply handled, in place of failures, starts, blocked deliveries,
-- redeliveries, dead letters and retries that waited on the broker. Nothing that stood there is carried over: these tables
-- have not been released.

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "reaction" TEXT NOT NULL,
    "event_id" UUID,
    "event_type" TEXT,
    "stream" TEXT,
    "stream_version" INTEGER,
    "correlation_id" TEXT,
    "state" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "claimed_by" TEXT,
    "starts" INTEGER NOT NULL DEFAULT 0,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT NOT NULL,
    "error_name" TEXT,
    "error_message" TEXT,
    "stack" TEXT,
    "fingerprint" TEXT,
    "first_failed_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "instance" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "exchange" TEXT,
    "routing_key" TEXT,
    "content_type" TEXT,
    "headers" JSONB,
    "body" BYTEA,
    "edited_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "action_id" UUID,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "deliveries_state" CHECK ("state" IN ('retrying', 'blocked', 'held', 'dead', 'resolved', 'discarded')),
    CONSTRAINT "deliveries_due" CHECK (("state" = 'retrying') = ("due_at" IS NOT NULL))
);

-- CreateTable
CREATE TABLE "delivery_history" (
    "id" BIGSERIAL NOT NULL,
    "reaction" TEXT NOT NULL,
    "event_id" UUID,
    "delivery_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "what" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "error_name" TEXT,
    "error_message" TEXT,
    "stack" TEXT,
    "instance" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "action_id" UUID,

    CONSTRAINT "delivery_history_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "deliveries_event_id_idx" ON "deliveries"("event_id");

-- CreateIndex
CREATE INDEX "deliveries_correlation_id_idx" ON "deliveries"("correlation_id");

-- CreateIndex
CREATE INDEX "deliveries_action_id_state_idx" ON "deliveries"("action_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_reaction_event_id_key" ON "deliveries"("reaction", "event_id");

-- CreateIndex
CREATE INDEX "delivery_history_event_id_idx" ON "delivery_history"("event_id");

-- CreateIndex
CREATE INDEX "delivery_history_delivery_id_idx" ON "delivery_history"("delivery_id");

-- What is due next, for each reaction.
CREATE INDEX "deliveries_due_next" ON "deliveries" ("reaction", "due_at") WHERE "state" = 'retrying';
-- What waits behind an event of its stream, and what it waits for.
CREATE INDEX "deliveries_of_stream" ON "deliveries" ("reaction", "stream", "stream_version") WHERE "state" IN ('retrying', 'blocked', 'held', 'dead');
-- Counting and grouping dead letters reads these columns only, never a body.
CREATE INDEX "deliveries_dead_groups" ON "deliveries" ("reaction", "fingerprint", "failed_at", "id") WHERE "state" = 'dead';
-- The order of a redrive: stream by stream, each by version.
CREATE INDEX "deliveries_dead_sequence" ON "deliveries" ("reaction", coalesce("stream", ''), coalesce("stream_version", 0), "id") WHERE "state" = 'dead';

DROP TABLE "dead_letters";
DROP TABLE "delivery_failures";
DROP TABLE "delivery_starts";
DROP TABLE "blocked_deliveries";
DROP TABLE "redeliveries";

-- How far a replay that forgets has come.
ALTER TABLE "reconcile_state" ADD COLUMN "replay_range" TEXT, ADD COLUMN "replayed_to" BIGINT,
  DROP COLUMN "redelivered_to", DROP COLUMN "redelivered_at";
