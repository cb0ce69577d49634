export { exportCustomer } from './export-customer.ts'
export { forgetCustomer, planForgetting, sweepForgotten, type ForgettingPlan } from './forget-customer.ts'
