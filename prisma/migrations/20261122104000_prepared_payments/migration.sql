-- The payment provider's own record of a hold that is still to be made, kept before it holds anything. A nullable column without a
-- default: no row is rewritten.
ALTER TABLE "payment_tokens" ADD COLUMN "prepared" TEXT;
