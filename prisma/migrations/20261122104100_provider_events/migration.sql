-- What the payment provider has told of itself, by the provider's own id: it tells it again until it is answered, and each counts once.
CREATE TABLE "provider_events" (
    "id" TEXT NOT NULL,
    "order_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_events_pkey" PRIMARY KEY ("id")
);

-- The provider names its own record of the hold, and not the order. Only those of Stripe are looked for.
CREATE INDEX "payments_of_stripe" ON "payments"("authorization_id") WHERE "authorization_id" LIKE 'pi\_%';
