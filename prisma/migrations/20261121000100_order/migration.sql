-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "stock" TEXT NOT NULL DEFAULT 'pending',
    "payment" TEXT NOT NULL DEFAULT 'pending',
    "fraud" TEXT NOT NULL DEFAULT 'pending',
    "capture" TEXT NOT NULL DEFAULT 'pending',
    "arrived" BOOLEAN NOT NULL DEFAULT false,
    "carrier" TEXT,
    "tracking_number" TEXT,
    "reason" TEXT,
    "detail" TEXT,
    "customer" JSONB NOT NULL,
    "shipping_address" JSONB NOT NULL,
    "total" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "placed_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_lines" (
    "order_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_price" INTEGER NOT NULL,

    CONSTRAINT "order_lines_pkey" PRIMARY KEY ("order_id","line")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "client_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "order_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("client_id","key")
);

-- CreateIndex
CREATE INDEX "orders_status_id_idx" ON "orders"("status", "id");

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "orders"
  ADD CONSTRAINT "orders_status" CHECK ("status" IN ('placed', 'confirmed', 'shipped', 'delivered', 'returned', 'rejected', 'cancelled', 'expired')),
  ADD CONSTRAINT "orders_answers" CHECK (
    "stock" IN ('pending', 'yes', 'no') AND "payment" IN ('pending', 'yes', 'no') AND
    "fraud" IN ('pending', 'yes', 'no') AND "capture" IN ('pending', 'yes', 'no')),
  ADD CONSTRAINT "orders_total" CHECK ("total" >= 0);
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_numbers" CHECK ("quantity" > 0 AND "unit_price" >= 0 AND "line" > 0);

-- An order's row is updated a handful of times soon after it was written: room in its page keeps the answers heap-only.
ALTER TABLE "orders" SET (fillfactor = 75);
