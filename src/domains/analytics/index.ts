export { analyticsRoutes } from './routes.ts'
export { recordSales } from './store.ts'
