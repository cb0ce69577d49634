-- What stands still and is not dead, without reading a hundred thousand dead letters on the way.
CREATE INDEX "deliveries_standing" ON "deliveries" ("state", "reaction") WHERE "state" IN ('blocked', 'held', 'discarded');

-- The latest dead letters of a reaction, of whatever cause.
CREATE INDEX "deliveries_dead_latest" ON "deliveries" ("reaction", "failed_at", "id") WHERE "state" = 'dead';
