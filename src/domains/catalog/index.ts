export { productsOf, upsertProducts } from './products.ts'
export type { Product } from './products.ts'
export { catalogRoutes } from './routes.ts'
