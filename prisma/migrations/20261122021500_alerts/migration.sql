-- What operators were told of, so that they are told once.
CREATE TABLE "alerts" (
    "key" TEXT NOT NULL,
    "sentence" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("key")
);
