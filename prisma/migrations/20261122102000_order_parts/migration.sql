-- What has become of an order beside its status. Rows of a release that knew none of it keep another parts_version than version.
ALTER TABLE "orders" ADD COLUMN "parts" JSONB, ADD COLUMN "parts_version" INTEGER NOT NULL DEFAULT 1;
