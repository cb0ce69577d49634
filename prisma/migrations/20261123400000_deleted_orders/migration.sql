-- CreateTable
CREATE TABLE "deleted_orders" (
    "order_id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "test" BOOLEAN NOT NULL,
    "person" UUID,
    "status" TEXT NOT NULL,
    "placed_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "action_id" UUID NOT NULL,

    CONSTRAINT "deleted_orders_pkey" PRIMARY KEY ("order_id")
);

-- CreateIndex
CREATE INDEX "deleted_orders_person_idx" ON "deleted_orders"("person");

-- CreateTable
CREATE TABLE "carried_forward" (
    "account" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "entries" BIGINT NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "carried_forward_pkey" PRIMARY KEY ("account","key")
);

-- CreateIndex
CREATE INDEX "provider_events_order_id_idx" ON "provider_events"("order_id");

-- Booked is booked, until its order is noted as deleted in the same transaction or before.
CREATE OR REPLACE FUNCTION refuse_to_change_payment_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT FROM deleted_orders d WHERE d.order_id = OLD.order_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'payment_ledger is append-only: % is refused', TG_OP
    USING HINT = 'Book a correcting entry instead.', ERRCODE = 'restrict_violation';
END;
$$;
