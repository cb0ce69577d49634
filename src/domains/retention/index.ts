export { deleteOrders, expectOld } from './delete-orders.ts'
export { isAnyDue, OBSTACLES, type Obstacle } from './due.ts'
export { planDeletion, type DeletionPlan } from './plan.ts'
export { keptSince } from './settings.ts'
