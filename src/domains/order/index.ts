export { advanceOrders, expireOrders } from './change-order.ts'
export { ANSWERS } from './order.ts'
export { createPlacement } from './placement.ts'
export { orderRoutes } from './routes.ts'
