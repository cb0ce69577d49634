export { listEndpoints } from './endpoints.ts'
export { runWebhooks } from './deliver/run.ts'
export { pruneDeliveries } from './deliveries/prune.ts'
export { webhookRoutes } from './routes.ts'
