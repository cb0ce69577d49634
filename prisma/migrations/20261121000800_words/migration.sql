-- Words of the field: a reaction is what a worker process runs; what it handled stands in handled_events; an event that
-- waits behind an earlier one of its stream is blocked.
ALTER TABLE "deliveries" RENAME TO "handled_events";
ALTER TABLE "handled_events" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "handled_events" RENAME CONSTRAINT "deliveries_pkey" TO "handled_events_pkey";

ALTER TABLE "delivery_failures" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "delivery_starts" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "dead_letters" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "subscriptions" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "reconcile_state" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "redeliveries" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "operator_actions" RENAME COLUMN "worker" TO "reaction";
ALTER INDEX "operator_actions_worker_id_idx" RENAME TO "operator_actions_reaction_id_idx";

ALTER TABLE "parked_deliveries" RENAME TO "blocked_deliveries";
ALTER TABLE "blocked_deliveries" RENAME COLUMN "worker" TO "reaction";
ALTER TABLE "blocked_deliveries" RENAME COLUMN "parked_at" TO "blocked_at";
ALTER TABLE "blocked_deliveries" RENAME CONSTRAINT "parked_deliveries_pkey" TO "blocked_deliveries_pkey";
ALTER INDEX "parked_deliveries_worker_stream_stream_version_idx" RENAME TO "blocked_deliveries_reaction_stream_stream_version_idx";

DROP VIEW "settled_deliveries";
