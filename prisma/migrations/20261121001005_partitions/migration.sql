-- Events and what was handled of them are partitioned by event id. Ids are UUIDs of version 7, so that is by time, an id stays
-- unique, a look-up by id goes to one partition, and the partitions of both tables have the same bounds.
-- The tables that are there become the first partitions as they are: their indexes are taken over, and PostgreSQL reads each
-- table once to check the bound.

-- The least id of a moment.
CREATE FUNCTION event_id_at(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

DROP TRIGGER events_are_append_only ON "events";
ALTER TABLE "events" RENAME TO "events_first";
ALTER TABLE "events_first" RENAME CONSTRAINT "events_pkey" TO "events_first_pkey";
ALTER INDEX "events_id_key" RENAME TO "events_first_id_key";
ALTER INDEX "events_correlation_id_position_idx" RENAME TO "events_first_correlation_id_position_idx";
ALTER INDEX "events_type_position_idx" RENAME TO "events_first_type_position_idx";
ALTER INDEX "events_stream_stream_version_key" RENAME TO "events_first_stream_stream_version_key";

-- A unique index of a partitioned table holds what it is partitioned by. So those on the position and on the version within a
-- stream are on each partition: all are made like events_default.
CREATE TABLE "events" (LIKE "events_first") PARTITION BY RANGE ("id");
CREATE UNIQUE INDEX "events_id_key" ON "events"("id");
CREATE INDEX "events_correlation_id_position_idx" ON "events"("correlation_id", "position");
CREATE INDEX "events_type_position_idx" ON "events"("type", "position");
ALTER SEQUENCE events_position_seq OWNED BY "events"."position";
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON "events"
  FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events();
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON "events"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();

ALTER TABLE "handled_events" RENAME TO "handled_events_first";
ALTER TABLE "handled_events_first" RENAME CONSTRAINT "handled_events_pkey" TO "handled_events_first_pkey";
CREATE TABLE "handled_events" (LIKE "handled_events_first") PARTITION BY RANGE ("event_id");
ALTER TABLE "handled_events" ADD CONSTRAINT "handled_events_pkey" PRIMARY KEY ("event_id", "reaction");

-- What no other partition takes: ids that were made by hand, and those of a time for which nobody has made a partition.
CREATE TABLE "events_default" (LIKE "events_first" INCLUDING ALL);
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON "events_default"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();
CREATE TABLE "handled_events_default" (LIKE "handled_events_first" INCLUDING ALL);

-- The first partitions last until a month from now at least, by when the scheduler has made the next ones.
DO $$
DECLARE
  bound uuid := event_id_at((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months') AT TIME ZONE 'UTC');
BEGIN
  INSERT INTO events_default SELECT * FROM events_first WHERE id >= bound;
  DELETE FROM events_first WHERE id >= bound;
  INSERT INTO handled_events_default SELECT * FROM handled_events_first WHERE event_id >= bound;
  DELETE FROM handled_events_first WHERE event_id >= bound;
  ALTER TABLE events ATTACH PARTITION events_default DEFAULT;
  ALTER TABLE handled_events ATTACH PARTITION handled_events_default DEFAULT;
  EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', bound);
  EXECUTE format('ALTER TABLE handled_events ATTACH PARTITION handled_events_first FOR VALUES FROM (MINVALUE) TO (%L)', bound);
END;
$$;
