-- Money that goes back in parts. What has gone back and what is on its way back is never more than what was taken.
ALTER TABLE "payments" ADD COLUMN "refunded" BIGINT NOT NULL DEFAULT 0, ADD COLUMN "refunding" BIGINT NOT NULL DEFAULT 0;
UPDATE "payments" SET "refunded" = "amount" WHERE "status" = 'refunded';
ALTER TABLE "payments" ADD CONSTRAINT "payments_refunds" CHECK (
  "refunded" >= 0 AND "refunding" >= 0 AND "refunded" + "refunding" <= coalesce("amount", 0));

-- CreateTable
CREATE TABLE "refunds" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "shipping" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL,
    "code" TEXT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "refunds_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "refunds_order_id_idx" ON "refunds"("order_id");

ALTER TABLE "refunds"
  ADD CONSTRAINT "refunds_amount" CHECK ("amount" > 0),
  ADD CONSTRAINT "refunds_status" CHECK ("status" IN ('requested', 'succeeded', 'failed'));

-- An order may have several entries of what has gone back, one for each refund. What closes an order names none.
ALTER TABLE "payment_ledger" ADD COLUMN "refund_id" UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE "payment_ledger" DROP CONSTRAINT "payment_ledger_pkey", ADD CONSTRAINT "payment_ledger_pkey" PRIMARY KEY ("order_id", "kind", "refund_id");
