-- CreateTable
CREATE TABLE "order_sales" (
    "order_id" UUID NOT NULL,
    "currency" TEXT,
    "total" BIGINT,
    "lines" JSONB,
    "placed_on" DATE,
    "confirmed_on" DATE,
    "rejected_on" DATE,
    "cancelled_on" DATE,

    CONSTRAINT "order_sales_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "daily_sales" (
    "day" DATE NOT NULL,
    "currency" TEXT NOT NULL,
    "placed" INTEGER NOT NULL DEFAULT 0,
    "confirmed" INTEGER NOT NULL DEFAULT 0,
    "rejected" INTEGER NOT NULL DEFAULT 0,
    "cancelled" INTEGER NOT NULL DEFAULT 0,
    "revenue" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "daily_sales_pkey" PRIMARY KEY ("day","currency")
);

-- CreateTable
CREATE TABLE "product_sales" (
    "day" DATE NOT NULL,
    "sku" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL DEFAULT 0,
    "revenue" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "product_sales_pkey" PRIMARY KEY ("day","sku","currency")
);
