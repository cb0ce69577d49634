import { SCOPES, type Caller } from '#http'

/** Somebody who may do everything, with a client that need not be in the database. */
export const aCaller = (given: Partial<Caller> = {}): Caller => ({
  clientId: '00000000-0000-0000-0000-000000000001',
  client: 'test',
  scopes: new Set(SCOPES),
  test: false,
  actor: 'test/00000001',
  ...given,
})

/** Keys of which each belongs to this caller. */
export const everybodyIs = (caller: Caller) => ({
  isKnown: () => true,
  callerOf: () => Promise.resolve(caller),
})
