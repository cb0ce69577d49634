-- CreateTable
CREATE TABLE "reconcile_state" (
    "worker" TEXT NOT NULL,
    "watermark" BIGINT NOT NULL DEFAULT 0,
    "event_types" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "recovery_requested_at" TIMESTAMPTZ(6),
    "redelivered_to" BIGINT NOT NULL DEFAULT 0,
    "redelivered_at" TIMESTAMPTZ(3),
    "leased_until" TIMESTAMPTZ(3),
    "leased_by" TEXT,

    CONSTRAINT "reconcile_state_pkey" PRIMARY KEY ("worker")
);

-- CreateTable
CREATE TABLE "redeliveries" (
    "event_id" UUID NOT NULL,
    "worker" TEXT NOT NULL,
    "times" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "redeliveries_pkey" PRIMARY KEY ("event_id","worker")
);

-- CreateTable
CREATE TABLE "broker_markers" (
    "namespace" TEXT NOT NULL,
    "incarnation" UUID NOT NULL,
    "met_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "broker_markers_pkey" PRIMARY KEY ("namespace")
);

-- A redriven dead letter settles nothing: its event is looked for below the watermark as well.
CREATE INDEX "dead_letters_redriven" ON "dead_letters" ("worker", "event_id") WHERE "status" = 'redriven';
