-- CreateTable
CREATE TABLE "payment_tokens" (
    "order_id" UUID NOT NULL,
    "token" TEXT NOT NULL,
    "kept_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_tokens_pkey" PRIMARY KEY ("order_id")
);

-- Every order puts a row in and takes it out again within a second or so: what is dead is many times what lives.
ALTER TABLE "payment_tokens" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
