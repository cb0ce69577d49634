import { applyToSales, SALES_TABLES } from '#domains/analytics'
import { OrderCancelled, OrderConfirmed, OrderExpired, OrderPlaced, OrderRejected, OrderShipped } from '#events'
import { defineProjection } from '#messaging'

/** Orders, revenue and products by day, country and currency. */
export default defineProjection({
  name: 'analytics.sales',
  on: [OrderPlaced, OrderConfirmed, OrderRejected, OrderCancelled, OrderExpired, OrderShipped],
  personalData: false,
  tables: SALES_TABLES,
  apply: applyToSales,
})
