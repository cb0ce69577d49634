import { z } from 'zod'
import { documentedRoutes } from '../../main/routes.ts'

/** Members that say who a customer is. */
const NAMING = /"(customer|email|phone|shippingAddress|billingAddress|line1)":/

it('no answer that is kept for a repeated request names a customer', () => {
  const kept = documentedRoutes().filter(
    ({ method, idempotency = 'host', secret = false }) => method !== 'get' && idempotency === 'host' && !secret,
  )
  const naming = kept.filter(({ replies }) =>
    Object.values(replies).some(
      ({ schema }) => schema && NAMING.test(JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }))),
    ),
  )
  expect(kept.length).toBeGreaterThan(10)
  expect(naming.map(({ operationId }) => operationId)).toEqual([])
})
