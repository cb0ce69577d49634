import { failureClassOf } from './failure-class.ts'

const failed = { reason: 'attempts-exhausted', errorName: 'Error', errorMessage: 'it failed', dependency: null }

test.each([
  ['data', { reason: 'unrecoverable', errorName: 'Unrecoverable', dependency: 'mail-server' }],
  ['data', { reason: 'invalid-data', errorName: 'UnreadableEvent' }],
  ['data', { errorName: 'ZodError' }],
  ['dependency', { errorName: 'DependencyUnavailable' }],
  ['dependency', { errorName: 'PostponedTooLong' }],
  ['dependency', { errorName: 'TypeError', errorMessage: 'fetch failed' }],
  ['dependency', { errorMessage: 'connect ECONNREFUSED 127.0.0.1:4010' }],
  ['dependency', { errorMessage: 'the payment gateway answered internal_error (500)', dependency: 'payment-gateway' }],
  ['dependency', { errorName: 'ZodError', dependency: 'payment-gateway' }], // of its answer
  ['code', { errorName: 'TypeError', errorMessage: 'Cannot read properties of undefined', dependency: 'mail-server' }],
  ['code', { reason: 'poison', errorName: 'PoisonMessage' }],
  ['code', {}],
])('%s: %j', (expected, given) => {
  expect(failureClassOf({ ...failed, ...given })).toBe(expected)
})
