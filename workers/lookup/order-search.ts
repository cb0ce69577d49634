import { applyToSearch, FOUND_BY, SEARCH_TABLES } from '#domains/lookup'
import { defineProjection } from '#messaging'

/** What orders are found by in a search. */
export default defineProjection({
  name: 'lookup.order-search',
  on: FOUND_BY,
  tables: SEARCH_TABLES,
  apply: applyToSearch,
})
