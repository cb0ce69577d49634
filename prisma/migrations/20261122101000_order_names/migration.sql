-- What an order carries: names that people call it by, and what the client and the customer say of it.
-- Columns without a default rewrite nothing; orders of before have none of them.
ALTER TABLE "orders" ADD COLUMN "number" TEXT, ADD COLUMN "reference" TEXT, ADD COLUMN "billing_address" JSONB,
  ADD COLUMN "note" TEXT, ADD COLUMN "metadata" JSONB;

-- CreateIndex
CREATE UNIQUE INDEX "orders_client_id_number_key" ON "orders"("client_id", "number");

-- Only orders that have a reference cost anything.
CREATE UNIQUE INDEX "orders_client_id_reference_key" ON "orders"("client_id", "reference", "test") WHERE "reference" IS NOT NULL;

-- CreateTable
CREATE TABLE "order_counters" (
    "client_id" UUID NOT NULL,
    "next" BIGINT NOT NULL,

    CONSTRAINT "order_counters_pkey" PRIMARY KEY ("client_id")
);
