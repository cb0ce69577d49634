-- While releases run beside each other, a worker from before pieces could be cancelled would move all pieces of such an order: one on the
-- shelf that nobody has, or one set aside for ever. It never names the column `apart`, and so it is refused: the delivery is tried again
-- until a worker of the present release takes it. An order with no piece apart costs two conditions. The triggers fire in the order of their names.
CREATE FUNCTION note_that_apart_is_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('fanfare.apart_is_known', NEW.order_id::text, true);
  RETURN NEW;
END $$;

CREATE TRIGGER apart_is_known BEFORE UPDATE OF apart ON reservations
  FOR EACH ROW WHEN (OLD.apart <> '{}') EXECUTE FUNCTION note_that_apart_is_known();

CREATE FUNCTION refuse_unless_apart_is_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('fanfare.apart_is_known', true) IS DISTINCT FROM NEW.order_id::text THEN
    RAISE EXCEPTION 'Pieces of this order were cancelled, which this release does not know: a worker of the next one has to handle it';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER status_needs_apart BEFORE UPDATE OF status ON reservations
  FOR EACH ROW WHEN (OLD.apart <> '{}' AND NEW.status <> OLD.status) EXECUTE FUNCTION refuse_unless_apart_is_known();
