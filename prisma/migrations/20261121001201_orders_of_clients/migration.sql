-- Orders and idempotency keys of the clients that keys were given to.
-- Adding a column with a constant default rewrites nothing. No foreign key: each order would lock its client's row.
-- With one client, every order is its.
DO $$
DECLARE owner uuid := (SELECT CASE WHEN count(*) = 1 THEN (array_agg(id))[1] ELSE '00000000-0000-0000-0000-000000000000' END
  FROM "clients" WHERE id <> '00000000-0000-0000-0000-000000000000');
BEGIN
  EXECUTE format('ALTER TABLE "orders" ADD COLUMN "client_id" UUID NOT NULL DEFAULT %L, ADD COLUMN "test" BOOLEAN NOT NULL DEFAULT false', owner);
END $$;
ALTER TABLE "orders" ALTER COLUMN "client_id" SET DEFAULT '00000000-0000-0000-0000-000000000000';
UPDATE "orders" o SET "client_id" = k."client_id" FROM "idempotency_keys" i JOIN "api_keys" k ON k.id = i.client_id
WHERE i.order_id = o.id AND o.client_id <> k.client_id;
CREATE INDEX "orders_client_id_status_id_idx" ON "orders"("client_id", "status", "id");

-- Where two keys of one client have used the same idempotency key, the first order keeps it.
DELETE FROM "idempotency_keys" i USING (
  SELECT i.client_id, i.key, row_number() OVER (PARTITION BY k.client_id, i.key ORDER BY i.created_at, i.order_id) AS nth
  FROM "idempotency_keys" i JOIN "api_keys" k ON k.id = i.client_id
) AS doubled WHERE doubled.nth > 1 AND doubled.client_id = i.client_id AND doubled.key = i.key;
UPDATE "idempotency_keys" i SET "client_id" = k."client_id" FROM "api_keys" k WHERE k.id = i.client_id AND k.client_id <> i.client_id;
