export { applyToCustomers, CUSTOMER_TABLES } from './customer-orders.ts'
export { FOUND_BY, ORDER_STATES } from './order-facts.ts'
export { lookupRoutes } from './routes.ts'
export { applyToSearch, SEARCH_TABLES } from './order-search.ts'
