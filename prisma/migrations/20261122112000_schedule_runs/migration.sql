-- The latest run of everything that runs by the clock, and the latest that failed.
CREATE TABLE "schedule_runs" (
    "name" TEXT NOT NULL,
    "every_ms" INTEGER NOT NULL,
    "instance" TEXT NOT NULL,
    "begun_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "result" JSONB,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failed_at" TIMESTAMPTZ(3),
    "error" TEXT,

    CONSTRAINT "schedule_runs_pkey" PRIMARY KEY ("name")
);
