-- CreateTable
CREATE TABLE "stock" (
    "sku" TEXT NOT NULL,
    "received" INTEGER NOT NULL DEFAULT 0,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "shipped" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "stock_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "reservations" (
    "order_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reservations_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "stock_receipts" (
    "id" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_receipts_pkey" PRIMARY KEY ("id")
);

-- Nothing is sold twice, and nothing appears or vanishes, whatever the code above believes.
ALTER TABLE "stock" ADD CONSTRAINT "stock_is_never_negative" CHECK ("on_hand" >= 0 AND "reserved" >= 0 AND "shipped" >= 0);
ALTER TABLE "stock" ADD CONSTRAINT "stock_is_conserved" CHECK ("on_hand" + "reserved" + "shipped" = "received");
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_status" CHECK ("status" IN ('open', 'reserved', 'rejected', 'released', 'shipped', 'returned'));

-- A few rows take most of the updates: room beside them keeps the updates off the index.
ALTER TABLE "stock" SET (fillfactor = 50);
ALTER TABLE "reservations" SET (fillfactor = 70);
