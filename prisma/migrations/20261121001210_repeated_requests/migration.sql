-- A key may also belong to a request that makes no order: then its answer is kept here. Neither: it is being carried out.
ALTER TABLE "idempotency_keys"
  ALTER COLUMN "order_id" DROP NOT NULL,
  ADD COLUMN "status" SMALLINT,
  ADD COLUMN "answer" TEXT;
