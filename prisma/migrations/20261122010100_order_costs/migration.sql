-- What an order costs, part by part; empty where its total is what its lines cost.
ALTER TABLE "orders" ADD COLUMN "costs" JSONB;
