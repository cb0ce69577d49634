import { applyToCustomers, CUSTOMER_TABLES, ORDER_STATES } from '#domains/lookup'
import { defineProjection } from '#messaging'

/** The orders of each customer. */
export default defineProjection({
  name: 'lookup.customer-orders',
  on: ORDER_STATES,
  tables: CUSTOMER_TABLES,
  apply: applyToCustomers,
})
