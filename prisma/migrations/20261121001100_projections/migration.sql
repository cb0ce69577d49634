-- Where each projection stands; its own tables are made by the projection, in a schema of its own.
-- CreateTable
CREATE TABLE "projections" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "tables" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "position" BIGINT NOT NULL DEFAULT 0,
    "as_of" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL DEFAULT 'running',
    "reason" TEXT,
    "failed_position" BIGINT,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projections_pkey" PRIMARY KEY ("name")
);
ALTER TABLE "projections" ADD CHECK ("state" IN ('running', 'paused', 'failed'));

-- CreateTable
CREATE TABLE "projection_shadows" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "tables" TEXT NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projection_shadows_pkey" PRIMARY KEY ("name")
);
