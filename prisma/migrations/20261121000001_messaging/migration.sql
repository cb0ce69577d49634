-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "events" (
    "position" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "stream" TEXT NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "data" JSONB NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "causation_id" UUID,
    "traceparent" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "streams" (
    "stream" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "streams_pkey" PRIMARY KEY ("stream")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "event_id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "handled_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_us" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "instance" TEXT NOT NULL,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("event_id","worker")
);

-- CreateTable
CREATE TABLE "delivery_failures" (
    "id" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "failed_at" TIMESTAMPTZ(3) NOT NULL,
    "error_name" TEXT NOT NULL,
    "error_message" TEXT NOT NULL,
    "stack" TEXT,
    "instance" TEXT NOT NULL,
    "retry_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_failures_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dead_letters" (
    "id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "event_id" UUID,
    "event_type" TEXT,
    "stream" TEXT,
    "stream_version" INTEGER,
    "correlation_id" TEXT,
    "reason" TEXT NOT NULL,
    "error_name" TEXT NOT NULL,
    "error_message" TEXT NOT NULL,
    "stack" TEXT,
    "fingerprint" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "first_failed_at" TIMESTAMPTZ(3) NOT NULL,
    "failed_at" TIMESTAMPTZ(3) NOT NULL,
    "instance" TEXT NOT NULL,
    "exchange" TEXT NOT NULL,
    "routing_key" TEXT NOT NULL,
    "content_type" TEXT,
    "headers" JSONB NOT NULL,
    "body" BYTEA NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'open',
    "closed_at" TIMESTAMPTZ(3),
    "parent_id" UUID,

    CONSTRAINT "dead_letters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "worker" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "since" BIGINT NOT NULL,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("worker","event_type")
);

-- CreateTable
CREATE TABLE "relay_leases" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,
    "token" BIGINT NOT NULL DEFAULT 0,
    "holder" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "relay_leases_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "events_id_key" ON "events"("id");

-- CreateIndex
CREATE INDEX "events_correlation_id_position_idx" ON "events"("correlation_id", "position");

-- CreateIndex
CREATE INDEX "events_type_position_idx" ON "events"("type", "position");

-- CreateIndex
CREATE UNIQUE INDEX "events_stream_stream_version_key" ON "events"("stream", "stream_version");

-- CreateIndex
CREATE INDEX "delivery_failures_event_id_idx" ON "delivery_failures"("event_id");

-- CreateIndex
CREATE INDEX "dead_letters_event_id_idx" ON "dead_letters"("event_id");



-- Positions: CACHE 1, so that the order of drawing is the order of the numbers whatever session draws.
CREATE SEQUENCE events_position_seq CACHE 1 OWNED BY "events"."position";

-- History is never rewritten. TRUNCATE is refused too; a test database is dropped, not emptied.
CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only: % is refused', TG_OP
    USING HINT = 'Record a correcting event instead.', ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON "events"
  FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON "events"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();

ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_status" CHECK ("status" IN ('open', 'redriven', 'resolved', 'edited', 'discarded'));
-- One open dead letter per reaction and event, however often the broker delivers the message again.
CREATE UNIQUE INDEX "dead_letters_open_event" ON "dead_letters" ("worker", "event_id") WHERE "status" = 'open' AND "event_id" IS NOT NULL;
CREATE INDEX "dead_letters_open" ON "dead_letters" ("worker", "failed_at") WHERE "status" = 'open';

-- CreateTable
CREATE TABLE "delivery_starts" (
    "event_id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "starts" INTEGER NOT NULL,

    CONSTRAINT "delivery_starts_pkey" PRIMARY KEY ("event_id","worker")
);
