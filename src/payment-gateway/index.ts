export { refused } from './answer.ts'
export { chosen, expectProvider, gateway } from './choose.ts'
export type { GatewayAnswer, Hold, PaymentGateway } from './port.ts'
export { createGateway } from './sandbox/client.ts'
