export { shippingRoutes } from './routes.ts'
export { bookShipments, callOffShipments } from './store.ts'
