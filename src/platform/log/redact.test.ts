import { redactError, withoutAddresses } from './redact.ts'

test('an error tells nothing of the person, nor do its causes and their stacks', () => {
  const cause = new TypeError('550 <ada@example.com> unknown')
  const error = new Error('Dear Ada Lovelace, 12 St James Square: no', { cause })
  redactError(error, ['Ada', 'Ada Lovelace', '12 St James Square', 'GB', 'ada@example.com'])
  expect(error.message).toBe('Dear (personal), (personal): no')
  expect(cause).toMatchObject({ name: 'TypeError', message: '550 <(personal)> unknown' })
  expect([error.stack, cause.stack].join()).not.toMatch(/\b(ada|lovelace|james)\b/i)
  expect(cause.stack).toContain('redact.test.ts')
})

test('addresses are taken out of a text, names of processes are not', () => {
  expect(withoutAddresses('to ada.l+x@mail.example.com, by relay@host.local:4711 and worker@box:12')).toBe(
    'to (personal), by relay@host.local:4711 and worker@box:12',
  )
})
