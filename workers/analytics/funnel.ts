import { applyToFunnel, FUNNEL_TABLES, STATES } from '#domains/analytics'
import { defineProjection } from '#messaging'

/** How many orders go from one state to the next, and how long that takes them. */
export default defineProjection({
  name: 'analytics.funnel',
  on: STATES,
  tables: FUNNEL_TABLES,
  apply: applyToFunnel,
})
