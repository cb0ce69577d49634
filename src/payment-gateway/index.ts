export { refused, type GatewayAnswer } from './answer.ts'
export { createGateway, gateway } from './client.ts'
export type { PaymentGateway } from './client.ts'
export type { Hold } from './holds.ts'
