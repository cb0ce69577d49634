-- The events of an order have one correlation id: an index on it alone keeps that once for all of them, and they are few enough
-- to be sorted by position afterwards.
-- DropIndex
DROP INDEX "events_correlation_id_position_idx";

-- CreateIndex
CREATE INDEX "events_correlation_id_idx" ON "events"("correlation_id");
