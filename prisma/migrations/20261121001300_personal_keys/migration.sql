-- CreateTable
CREATE TABLE "personal_keys" (
    "person" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "wrapped" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "personal_keys_pkey" PRIMARY KEY ("person")
);

-- CreateIndex
CREATE UNIQUE INDEX "personal_keys_subject_key" ON "personal_keys"("subject");

-- CreateTable
CREATE TABLE "forgotten_persons" (
    "person" UUID NOT NULL,
    "forgotten_at" TIMESTAMPTZ(3) NOT NULL,
    "forgotten_by" TEXT NOT NULL,
    "reason" TEXT,
    "swept_at" TIMESTAMPTZ(3),

    CONSTRAINT "forgotten_persons_pkey" PRIMARY KEY ("person")
);
