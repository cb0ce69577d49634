-- What orders are found by: by client, state and time of the latest change; by customer; by client and SKU. Each index is in the order
-- in which its orders are answered. Lines of before are given their client; that writes each of them once.
ALTER TABLE "order_lines" ADD COLUMN "client_id" UUID;
UPDATE "order_lines" l SET "client_id" = o."client_id" FROM "orders" o WHERE o.id = l."order_id";

-- CreateIndex
CREATE INDEX "order_lines_client_id_sku_order_id_idx" ON "order_lines"("client_id", "sku", "order_id");

-- CreateIndex
CREATE INDEX "orders_client_id_status_updated_at_id_idx" ON "orders"("client_id", "status", "updated_at", "id");

-- DropIndex
DROP INDEX "orders_person_idx";

-- CreateIndex
CREATE INDEX "orders_person_id_idx" ON "orders"("person", "id");

-- Orders of one state were only looked for where they wait for their decision. Each change of state wrote an entry for that; now only
-- the placing of an order does.
DROP INDEX "orders_status_id_idx";
CREATE INDEX "orders_placed_idx" ON "orders"("id") WHERE "status" = 'placed';

-- By its number alone: an index that begins with the client is one more that a planner may walk a client's orders along.
DROP INDEX "orders_client_id_number_key";
CREATE UNIQUE INDEX "orders_number_client_id_key" ON "orders"("number", "client_id");
