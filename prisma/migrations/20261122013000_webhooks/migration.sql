-- Webhooks: where clients want to be told of what happens to their orders, what they have been sent, and how they answered.
CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "event_types" TEXT[] NOT NULL,
    "ordered" BOOLEAN NOT NULL,
    "personal_data" BOOLEAN NOT NULL,
    "max_concurrent" INTEGER NOT NULL,
    "max_per_second" INTEGER NOT NULL,
    "salt" TEXT NOT NULL,
    "previous_salt" TEXT,
    "previous_until" TIMESTAMPTZ(3),
    "disabled_because" TEXT,
    "disabled_at" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_endpoints_disabled" CHECK ("disabled_because" IN ('asked', 'gone', 'failing')),
    CONSTRAINT "webhook_endpoints_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "clients"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "webhook_endpoints_client_id_idx" ON "webhook_endpoints"("client_id");

CREATE TABLE "webhook_deliveries" (
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "event_type" TEXT NOT NULL,
    "order_id" UUID NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("endpoint_id", "event_id"),
    CONSTRAINT "webhook_deliveries_state" CHECK ("state" IN ('waiting', 'delivered', 'given-up')),
    CONSTRAINT "webhook_deliveries_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoints"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries"("endpoint_id", "due_at") WHERE "state" = 'waiting';
-- For endpoints that want the events of one order in their order.
CREATE INDEX "webhook_deliveries_before" ON "webhook_deliveries"("endpoint_id", "order_id", "stream_version") WHERE "state" = 'waiting';
CREATE INDEX "webhook_deliveries_ended_at_idx" ON "webhook_deliveries"("ended_at");

CREATE TABLE "webhook_attempts" (
    "id" BIGSERIAL NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "duration_ms" INTEGER NOT NULL,
    "status" INTEGER,
    "answer" TEXT,
    "error" TEXT,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_attempts_endpoint_id_event_id_fkey" FOREIGN KEY ("endpoint_id", "event_id")
      REFERENCES "webhook_deliveries"("endpoint_id", "event_id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "webhook_attempts_endpoint_id_event_id_idx" ON "webhook_attempts"("endpoint_id", "event_id");

-- How far the events of the store have become deliveries. It begins with what is published from now on.
CREATE TABLE "webhook_cursor" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL,

    CONSTRAINT "webhook_cursor_pkey" PRIMARY KEY ("name")
);
INSERT INTO "webhook_cursor" ("name", "position") SELECT 'events', coalesce(max("position"), 0) FROM "relay_checkpoints";
