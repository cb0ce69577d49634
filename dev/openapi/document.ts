import { openApiDocument } from '../../src/api/openapi/openapi.ts'
import { documentedRoutes } from '../../src/main/routes.ts'

export interface OpenApiDocument {
  paths: Record<string, Record<string, object>>
  [member: string]: unknown
}

/** Of every operation of the API. */
export const theDocument = () => openApiDocument(documentedRoutes()) as unknown as OpenApiDocument
