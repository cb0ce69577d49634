export { auditStock, stockTotals } from './audit.ts'
export { keepReservations } from './keep-reservations.ts'
export { receiveStock, stockOf } from './stock.ts'
