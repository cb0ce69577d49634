-- CreateTable
CREATE TABLE "breakers" (
    "id" BIGSERIAL NOT NULL,
    "reaction" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "breakers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "breakers_closed_at_idx" ON "breakers"("closed_at");

-- Which breaker is open is asked at every look at the overview.
CREATE UNIQUE INDEX "breakers_open_key" ON "breakers" ("reaction", "instance") WHERE "closed_at" IS NULL;
