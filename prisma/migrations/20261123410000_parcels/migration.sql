-- Who ships an order; empty where its parcel is booked automatically.
ALTER TABLE "orders" ADD COLUMN "fulfillment" TEXT;
ALTER TABLE "orders" ADD CONSTRAINT "orders_fulfillment" CHECK ("fulfillment" IN ('automatic', 'manual')) NOT VALID;

-- CreateTable
CREATE TABLE "parcels" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "carrier" TEXT NOT NULL,
    "tracking_number" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "booked_at" TIMESTAMPTZ(3) NOT NULL,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "parcels_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "parcels_tracking_number_key" ON "parcels"("tracking_number");

-- CreateIndex
CREATE INDEX "parcels_order_id_idx" ON "parcels"("order_id");
