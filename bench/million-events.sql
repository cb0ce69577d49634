-- Fills an empty, migrated database with a history of 10 events per order, all handled; see docs/reconcile.md.
-- psql $DATABASE_URL -v orders=100000 -f bench/million-events.sql
INSERT INTO subscriptions VALUES
 ('inventory.reserve-stock','order.placed',0),('payment.authorize-payment','order.placed',0),('fraud.screen-order','order.placed',0),
 ('analytics.record-sale','order.placed',0),('analytics.record-sale','order.confirmed',0),
 ('order.advance-order','stock.reserved',0),('order.advance-order','payment.authorized',0),('order.advance-order','fraud.cleared',0),
 ('order.advance-order','payment.captured',0),('order.advance-order','shipment.created',0),('order.advance-order','shipment.delivered',0),
 ('payment.capture-payment','order.confirmed',0),('shipping.create-shipment','order.confirmed',0),
 ('notification.email-customer','order.confirmed',0),('notification.email-customer','order.shipped',0),
 ('loyalty.award-points','order.confirmed',0),('inventory.ship-stock','order.shipped',0);
CREATE TEMP TABLE kinds AS SELECT * FROM unnest(ARRAY['order.placed','stock.reserved','payment.authorized','fraud.cleared','order.confirmed',
  'payment.captured','shipment.created','order.shipped','shipment.delivered','order.delivered']) WITH ORDINALITY AS k(type, n);
INSERT INTO events
SELECT (o-1)*10+n, (lpad(to_hex(1790000000000 + (o-1)*10+n), 12, '0') || '7000' || '8000' || lpad(to_hex(o), 12, '0'))::uuid,
  type, 1, 'order-' || o, n, jsonb_build_object('orderId', o, 'filler', repeat('x', 300)), o::text, NULL, NULL, now() - interval '1 day' + (o * interval '0.5 s')
FROM generate_series(1, :orders) o, kinds k ORDER BY o, n;
INSERT INTO deliveries SELECT e.id, s.worker, e.occurred_at + interval '50 ms', 100, 1, 'seed' FROM events e JOIN subscriptions s ON s.event_type = e.type ORDER BY e.position;
INSERT INTO relay_leases (name, position, expires_at) SELECT 'relay', max(position), now() FROM events;
SELECT setval('events_position_seq', max(position)) FROM events;
ANALYZE;
