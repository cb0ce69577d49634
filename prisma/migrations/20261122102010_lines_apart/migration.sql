-- Pieces of an order's goods that go another way than the rest: cancelled ones.
ALTER TABLE "reservations" ADD COLUMN "apart" JSONB NOT NULL DEFAULT '{}';
