-- CreateTable
CREATE TABLE "parked_deliveries" (
    "worker" TEXT NOT NULL,
    "event_id" UUID NOT NULL,
    "stream" TEXT NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "parked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_deliveries_pkey" PRIMARY KEY ("worker","event_id")
);

-- CreateIndex
CREATE INDEX "parked_deliveries_worker_stream_stream_version_idx" ON "parked_deliveries"("worker", "stream", "stream_version");
