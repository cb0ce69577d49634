-- What was counted differently than it was booked: lost, broken, found.
ALTER TABLE "stock" ADD COLUMN "corrected" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "stock" DROP CONSTRAINT "stock_is_conserved";
ALTER TABLE "stock" ADD CONSTRAINT "stock_is_conserved" CHECK ("on_hand" + "reserved" + "shipped" = "received" + "corrected");

-- Empty for opening stock, which has no event.
ALTER TABLE "stock_receipts" ADD COLUMN "reason" TEXT, ADD COLUMN "actor" TEXT;
CREATE INDEX "stock_receipts_received_at_id_idx" ON "stock_receipts"("received_at", "id");
CREATE INDEX "stock_receipts_lines_idx" ON "stock_receipts" USING GIN ("lines" jsonb_path_ops);

CREATE TABLE "stock_corrections" (
    "id" TEXT NOT NULL,
    "lines" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "actor" TEXT,
    "corrected_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_corrections_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "stock_corrections_corrected_at_id_idx" ON "stock_corrections"("corrected_at", "id");
CREATE INDEX "stock_corrections_lines_idx" ON "stock_corrections" USING GIN ("lines" jsonb_path_ops);
