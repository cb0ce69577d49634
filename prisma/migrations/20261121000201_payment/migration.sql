-- CreateTable
CREATE TABLE "payments" (
    "order_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "closed" BOOLEAN NOT NULL DEFAULT false,
    "authorization_id" TEXT,
    "amount" BIGINT,
    "currency" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payments_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "payment_ledger" (
    "order_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "held" BIGINT NOT NULL,
    "taken" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "booked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_ledger_pkey" PRIMARY KEY ("order_id","kind")
);

ALTER TABLE "payments" ADD CONSTRAINT "payments_status" CHECK ("status" IN ('pending', 'authorized', 'captured', 'refunded', 'voided', 'declined', 'failed'));
ALTER TABLE "payments" ADD CONSTRAINT "payments_amount" CHECK ("amount" >= 0);
ALTER TABLE "payments" SET (fillfactor = 70);

-- The sign of each kind of entry is fixed: held money can only be taken or let go, taken money only given back.
ALTER TABLE "payment_ledger" ADD CONSTRAINT "payment_ledger_entry" CHECK (
  ("kind" = 'authorized' AND "held" >= 0 AND "taken" = 0) OR
  ("kind" = 'captured' AND "held" <= 0 AND "taken" = -"held") OR
  ("kind" = 'voided' AND "held" <= 0 AND "taken" = 0) OR
  ("kind" = 'refunded' AND "held" = 0 AND "taken" <= 0)
);

-- Booked is booked. TRUNCATE is refused too.
CREATE FUNCTION refuse_to_change_payment_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'payment_ledger is append-only: % is refused', TG_OP
    USING HINT = 'Book a correcting entry instead.', ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER payment_ledger_is_append_only BEFORE UPDATE OR DELETE ON "payment_ledger"
  FOR EACH ROW EXECUTE FUNCTION refuse_to_change_payment_ledger();
CREATE TRIGGER payment_ledger_is_not_truncated BEFORE TRUNCATE ON "payment_ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_payment_ledger();
