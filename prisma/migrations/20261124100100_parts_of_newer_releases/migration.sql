-- While releases run beside each other, an older worker would write the row of an order without those of its parts that it does not know,
-- parcels say, and an older API would cancel an order of which a parcel is on its way. Both are refused; a delivery is tried again until a
-- worker of the present release takes it. Where a row is folded anew there may be no parts at all, which no older release writes.
CREATE FUNCTION refuse_to_lose_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost text;
BEGIN
  SELECT string_agg(part.key, ', ' ORDER BY part.key) INTO lost FROM jsonb_each(OLD.parts) AS part
  WHERE part.value NOT IN ('[]', '{}', 'false') AND NEW.parts -> part.key IS NULL;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'This release does not know all of order %, and would lose its %: replace this process by one of the newer release', OLD.id, lost;
  END IF;
  IF NEW.status = 'cancelled' AND OLD.status <> 'cancelled' AND jsonb_path_exists(OLD.parts, '$.parcels[0]') THEN
    RAISE EXCEPTION 'A parcel of order % is on its way, which this release does not know: replace this process by one of the newer release, and cancel the lines that are left', OLD.id;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER keep_parts BEFORE UPDATE OF status, parts ON orders
  FOR EACH ROW WHEN (OLD.parts IS NOT NULL AND NEW.parts IS NOT NULL) EXECUTE FUNCTION refuse_to_lose_parts();
