-- An order's row is the fold of its stream up to a version, and tells the times of its events.
-- AlterTable
ALTER TABLE "orders" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;

-- What the order itself has published, and the answers that it has handled.
UPDATE "orders" SET "version" = taken."version", "placed_at" = taken."placed_at", "updated_at" = taken."updated_at"
FROM (
  SELECT e."stream", max(e."stream_version") AS "version", min(e."occurred_at") AS "placed_at",
    (array_agg(e."occurred_at" ORDER BY e."stream_version" DESC))[1] AS "updated_at"
  FROM "events" e
  WHERE e."type" IN ('order.placed', 'order.confirmed', 'order.rejected', 'order.cancelled', 'order.expired', 'order.shipped',
      'order.delivered', 'return.accepted')
    OR EXISTS (SELECT FROM "handled_events" h WHERE h."event_id" = e."id" AND h."reaction" = 'order.advance-order')
  GROUP BY e."stream"
) taken WHERE taken."stream" = 'order-' || "orders"."id";
