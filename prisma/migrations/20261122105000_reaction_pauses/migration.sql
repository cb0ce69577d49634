-- Reactions that an operator has paused: no process runs them, their messages wait.
CREATE TABLE "reaction_pauses" (
    "reaction" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "operator" TEXT NOT NULL,
    "reason" TEXT,

    CONSTRAINT "reaction_pauses_pkey" PRIMARY KEY ("reaction")
);
