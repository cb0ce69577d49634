import { applyToCustomers, CUSTOMER_TABLES } from '#domains/lookup'
import { ORDER_STATES } from '#events'
import { defineProjection } from '#messaging'

/** The orders of each customer. */
export default defineProjection({
  name: 'lookup.customer-orders',
  on: ORDER_STATES,
  tables: CUSTOMER_TABLES,
  apply: applyToCustomers,
})
