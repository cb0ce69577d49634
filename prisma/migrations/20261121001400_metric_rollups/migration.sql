-- Figures with a memory: what happened in each ten seconds of a day and in each five minutes of a month, one row for each.
CREATE TABLE "metric_rollups" (
    "step" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "figures" JSONB NOT NULL,

    CONSTRAINT "metric_rollups_pkey" PRIMARY KEY ("step", "at")
);

-- They are counted from rows by the moment at which those were written. Rows are appended, so that moment goes up along the table,
-- and a block range index finds them: a few pages for millions of rows, and next to nothing for each insert. PostgreSQL sums
-- up a range when the next one begins.
CREATE INDEX "handled_events_handled_at_idx" ON "handled_events" USING brin ("handled_at") WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX "delivery_history_at_idx" ON "delivery_history" USING brin ("at") WITH (pages_per_range = 32, autosummarize = on);
