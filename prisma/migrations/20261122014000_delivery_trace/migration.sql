-- The trace context of the attempt that failed last, for the next one to lead back to.
ALTER TABLE "deliveries" ADD COLUMN "traceparent" TEXT;
