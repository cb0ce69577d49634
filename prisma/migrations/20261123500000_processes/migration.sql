-- Which processes run, of which release, and what they run. Names of processes stand beside whatever they did.
CREATE TABLE "processes" (
    "instance" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "service" TEXT NOT NULL,
    "release" TEXT NOT NULL,
    "runs" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stopped_at" TIMESTAMPTZ(3),

    CONSTRAINT "processes_pkey" PRIMARY KEY ("instance","started_at")
);
