-- What waits for an endpoint, or was given up, in the order in which it is listed: without it a list of few looks at everything that
-- was ever delivered. What was delivered is not in it.
CREATE INDEX "webhook_deliveries_not_delivered" ON "webhook_deliveries"("endpoint_id", "state", "event_id") WHERE "state" <> 'delivered';
