export { createFeed } from './feed.ts'
export { eventRoutes } from './routes.ts'
