import { applyToFunnel, FUNNEL_TABLES } from '#domains/analytics'
import { ORDER_STATES } from '#events'
import { defineProjection } from '#messaging'

/** How many orders go from one state to the next, and how long that takes them. */
export default defineProjection({
  name: 'analytics.funnel',
  on: ORDER_STATES,
  personalData: false,
  tables: FUNNEL_TABLES,
  apply: applyToFunnel,
})
