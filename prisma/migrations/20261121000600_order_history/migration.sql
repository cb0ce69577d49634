-- CreateTable
CREATE TABLE "order_history" (
    "order_id" UUID NOT NULL,
    "step" INTEGER NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_history_pkey" PRIMARY KEY ("order_id","step")
);

-- CreateIndex
CREATE UNIQUE INDEX "order_history_order_id_stream_version_key" ON "order_history"("order_id", "stream_version");
