export { FUNNEL_FACTS } from './funnel.ts'
export { applyToFunnel, FUNNEL_TABLES } from './funnel-store.ts'
export { analyticsRoutes } from './routes.ts'
export { applyToSales, SALES_TABLES } from './sales-store.ts'
