-- CreateTable
CREATE TABLE "sent_mails" (
    "event_id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sent_mails_pkey" PRIMARY KEY ("event_id")
);

-- CreateIndex
CREATE INDEX "sent_mails_order_id_idx" ON "sent_mails"("order_id");
