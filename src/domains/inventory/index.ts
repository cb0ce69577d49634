export { auditStock, stockTotals, type StockTotals } from './audit.ts'
export { keepReservations } from './keep-reservations.ts'
export type { Quantity } from './reservation.ts'
export { receiveStock, stockOf } from './stock.ts'
