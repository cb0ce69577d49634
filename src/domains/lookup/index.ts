export { applyToCustomers, CUSTOMER_TABLES } from './customer-orders.ts'
export { FOUND_BY } from './order-facts.ts'
export { lookupRoutes } from './routes.ts'
export { applyToSearch, SEARCH_TABLES } from './order-search.ts'
