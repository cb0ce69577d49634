-- CreateTable
CREATE TABLE "shipments" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "carrier" TEXT,
    "tracking_number" TEXT,
    "booked_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "called_off_at" TIMESTAMPTZ(3),

    CONSTRAINT "shipments_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "shipments_order_id_key" ON "shipments"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "shipments_tracking_number_key" ON "shipments"("tracking_number");

ALTER TABLE "shipments" ADD CONSTRAINT "shipments_status" CHECK ("status" IN ('booked', 'delivered', 'called-off'));
-- Only an order that was cancelled before its parcel was booked has a shipment without a carrier.
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_booked"
  CHECK ("status" = 'called-off' OR ("carrier" IS NOT NULL AND "tracking_number" IS NOT NULL AND "booked_at" IS NOT NULL));
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_delivered" CHECK (("status" = 'delivered') = ("delivered_at" IS NOT NULL));
