-- CreateTable
CREATE TABLE "loyalty_orders" (
    "order_id" UUID NOT NULL,
    "email" TEXT,
    "currency" TEXT,
    "paid" BIGINT NOT NULL DEFAULT 0,
    "refunded" BIGINT NOT NULL DEFAULT 0,
    "points" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "loyalty_orders_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "loyalty_accounts" (
    "email" TEXT NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "loyalty_accounts_pkey" PRIMARY KEY ("email")
);
