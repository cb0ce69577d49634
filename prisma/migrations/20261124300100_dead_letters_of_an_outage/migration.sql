-- With the type of the event: what nobody is subscribed to is left out, and without it each dead letter of an outage is fetched for that.
DROP INDEX "deliveries_dead_of_dependency";
CREATE INDEX "deliveries_dead_of_dependency" ON "deliveries" ("dependency", "failed_at") INCLUDE ("reaction", "event_type", "redriven_by_policy") WHERE "state" = 'dead' AND "dependency" IS NOT NULL;
