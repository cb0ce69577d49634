export { createApiKeys, issueApiKey, listApiKeys, revokeApiKeys } from './api-keys.ts'
export { createApi } from './create-api.ts'
export { operationRoutes } from './operations.ts'
export { serve } from './serve.ts'
