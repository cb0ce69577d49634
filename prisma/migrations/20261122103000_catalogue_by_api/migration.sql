-- Prices in other currencies than the first stand in the row itself: placing an order reads it as before, and nothing more.
ALTER TABLE "products" ADD COLUMN "prices" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN "active" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
