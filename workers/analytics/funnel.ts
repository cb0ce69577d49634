import { applyToFunnel, FUNNEL_FACTS, FUNNEL_TABLES } from '#domains/analytics'
import { defineProjection } from '#messaging'

/** How many orders go from one state to the next, and how long that takes them. */
export default defineProjection({
  name: 'analytics.funnel',
  on: FUNNEL_FACTS,
  version: 2, // since then it tells of orders that are shipped or delivered in part
  personalData: false,
  tables: FUNNEL_TABLES,
  apply: applyToFunnel,
})
