-- AlterTable
ALTER TABLE "orders" ADD COLUMN "person" UUID, ADD COLUMN "sealed" TEXT;

-- CreateIndex
CREATE INDEX "orders_person_idx" ON "orders"("person");

-- AlterTable
ALTER TABLE "sent_mails" DROP COLUMN "recipient";

-- Accounts and orders know their customer by what stands for them. Rows of before keep the address until they are written again.
ALTER TABLE "loyalty_orders" RENAME COLUMN "email" TO "person";
ALTER TABLE "loyalty_accounts" RENAME COLUMN "email" TO "person";
