-- Clients own keys, orders and idempotency keys. Until now every key stood for itself, and every key saw every order.
CREATE TABLE "clients" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "clients_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "clients_name" CHECK ("name" ~ '^[a-z][a-z0-9-]{0,39}$' AND "name" NOT IN ('operator', 'schedule'))
);
CREATE UNIQUE INDEX "clients_name_key" ON "clients"("name");

-- Owns what nobody can be told the client of: orders without an idempotency key, and what an old release writes during a deployment.
INSERT INTO "clients" ("id", "name", "created_at") VALUES ('00000000-0000-0000-0000-000000000000', 'before-clients', now());

-- The keys of one name belong to one client, whose id is that of the first of them: its idempotency keys need no change.
CREATE TEMPORARY TABLE key_owners AS
  WITH named AS (
    SELECT name, (array_agg(id ORDER BY created_at, id))[1] AS client_id, min(created_at) AS created_at,
      left('c-' || trim(BOTH '-' FROM regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')), 30) AS plain
    FROM "api_keys" GROUP BY name
  ), shortened AS (
    SELECT *, CASE WHEN plain ~ '^c-[a-z]' THEN substr(plain, 3) ELSE plain END AS short FROM named
  )
  SELECT name, client_id, created_at,
    CASE WHEN short IN ('operator', 'schedule', 'before-clients') OR count(*) OVER (PARTITION BY short) > 1
      THEN left(short, 30) || '-' || left(md5(name), 8) ELSE short END AS client
  FROM shortened;
INSERT INTO "clients" ("id", "name", "created_at") SELECT client_id, client, created_at FROM key_owners;

-- A key that an old release makes during a deployment has no scopes, and can do nothing.
ALTER TABLE "api_keys"
  ADD COLUMN "client_id" UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  ADD COLUMN "scopes" TEXT[] NOT NULL DEFAULT '{}',
  ADD COLUMN "test" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "expires_at" TIMESTAMPTZ(3),
  ADD COLUMN "last_used_at" TIMESTAMPTZ(3);
-- What every key could do until now, but for the story of an order, which is an operator's.
UPDATE "api_keys" k SET "client_id" = o.client_id,
  "scopes" = '{orders:read,orders:write,refunds,shipments:report,analytics}'
FROM key_owners o WHERE o.name = k.name;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_client_id_fkey"
  FOREIGN KEY ("client_id") REFERENCES "clients"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK ("scopes" <@
  '{orders:read,orders:write,refunds,shipments:report,catalog:write,webhooks,analytics,admin}');
CREATE INDEX "api_keys_client_id_idx" ON "api_keys"("client_id");

DROP TABLE key_owners;

-- Who began what an event belongs to; empty for what was recorded before.
ALTER TABLE "events" ADD COLUMN "actor" TEXT;
