-- CreateTable
CREATE TABLE "archives" (
    "name" TEXT NOT NULL,
    "from_id" UUID,
    "to_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "events" BIGINT,
    "first_position" BIGINT,
    "last_position" BIGINT,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "archives_pkey" PRIMARY KEY ("name"),
    CONSTRAINT "archives_state" CHECK ("state" IN ('detached', 'archived', 'restoring', 'attached'))
);

-- AlterTable
ALTER TABLE "streams" ADD COLUMN "archived" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "events" ADD COLUMN "published_by" TEXT;
