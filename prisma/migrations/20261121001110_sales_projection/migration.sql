-- The projection analytics.sales answers in their place; it is built from the events.
DROP TABLE "order_sales";
DROP TABLE "daily_sales";
DROP TABLE "product_sales";
