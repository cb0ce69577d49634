-- Old mails are forgotten every hour; without it each time all of them are read to find none.
-- CreateIndex
CREATE INDEX "sent_mails_sent_at_idx" ON "sent_mails"("sent_at");
