export { wrongStock, stockTotals } from './invariants.ts'
export { keepReservations } from './keep-reservations.ts'
export { stockRoutes } from './routes/routes.ts'
export { receiveStock, stockOf } from './stock.ts'
