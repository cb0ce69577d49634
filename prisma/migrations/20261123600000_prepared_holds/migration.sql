-- What the payment provider tells of a hold whose answer is not booked yet finds its order by it. Empty where the provider prepares nothing.
CREATE INDEX "payment_tokens_prepared" ON "payment_tokens"("prepared") WHERE "prepared" LIKE 'pi\_%';
