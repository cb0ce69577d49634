import type { z } from 'zod'
import { recordedAnswers } from '../../src/api/openapi/answers.ts'
import { documentedRoutes } from '../../src/main/routes.ts'

const routes = documentedRoutes()
const recorded = recordedAnswers()

/** Why a value is none of a schema; undefined when it is one. */
function misfit(schema: z.ZodType | undefined, value: unknown): string | undefined {
  const parsed = schema?.safeParse(value)
  return parsed && !parsed.success ? parsed.error.message : undefined
}

it('every operation that is sent something has an example of it', () => {
  const without = routes.filter(({ params, query, body, example }) => (params ?? query ?? body) && !example)
  expect(without.map(({ operationId }) => operationId)).toEqual([])
})

it('every example fits the schemas of its operation', () => {
  const faults = routes.flatMap(({ operationId, params, query, body, example }) => {
    if (!example) return []
    const misfits = [
      misfit(params, example.params),
      misfit(query, example.query ?? {}),
      misfit(body, example.body),
    ].filter((one) => one !== undefined)
    return misfits.length > 0 ? [{ operationId, misfits }] : []
  })
  expect(faults).toEqual([])
})

it('every answer of JSON has a recorded example that fits: RECORD_EXAMPLES=1 npm test -- test/examples', () => {
  const faults = routes.flatMap(({ operationId, replies }) => {
    if (Object.values(replies).every(({ schema }) => !schema)) return []
    const answer = recorded[operationId]
    if (!answer) return [`${operationId} has none`]
    const reply = replies[answer.status]
    const fault = reply ? misfit(reply.schema, answer.body) : `${answer.status} is not among its answers`
    return fault === undefined ? [] : [`${operationId}: ${fault}`]
  })
  expect(faults).toEqual([])
  const known = new Set(routes.map(({ operationId }) => operationId))
  expect(Object.keys(recorded).filter((one) => !known.has(one))).toEqual([])
})
