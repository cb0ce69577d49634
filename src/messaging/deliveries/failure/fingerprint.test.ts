import { fingerprintOf, patternOf } from './fingerprint.ts'

const of = (message: string) => fingerprintOf('test.mailing', 'order.placed', 'unrecoverable', new Error(message))

test.each([
  ['The mail server answered 550 to RCPT TO: "no"', 'The mail server answered 554 to RCPT TO: "no"'],
  ['The mail server answered 550 5.1.1 to RCPT TO: "no"', 'The mail server answered 550 5.7.1 to RCPT TO: "no"'],
  ['The payment gateway answered no code (403): "x"', 'The payment gateway answered no code (404): "x"'],
  ['The SMS provider answered 21211 (400): "x"', 'The SMS provider answered 21610 (400): "x"'],
  ['Request failed with status code 404', 'Request failed with status code 500'],
  ['statusCode=502', 'statusCode=503'],
  ['HTTP/1.1 502 of the shop', 'HTTP/1.1 503 of the shop'],
  ['It answered 550-5.1.1 no', 'It answered 554-5.1.1 no'],
  ['printed, exit code 1', 'printed, exit code 137'],
  ['it failed (SQLSTATE 23505)', 'it failed (SQLSTATE 23514)'],
  ['Raw query failed. Code: `23505`. Message: `x`', 'Raw query failed. Code: `23514`. Message: `x`'],
])('a code is of the cause: %s', (one, other) => {
  expect(of(one)).not.toBe(of(other))
})

test.each([
  ['order 01928c1e-6f3a-7c11-8a52-0242ac120002 is gone', 'order 01928c1e-6f3a-7c11-8a52-0242ac120003 is gone'],
  ['550 pieces are missing', '554 pieces are missing'],
  ['refund of 550 (GBP)', 'refund of 554 (GBP)'],
  ['no price for "MUG"', "no price for 'PEN'"],
  [
    'The mail server answered 550 to RCPT TO: "<ada@example.com> status 17"',
    'The mail server answered 550 to RCPT TO: "<bob@example.com> status 18"',
  ],
  ['order #1001: HTTP 404', 'order #1002: HTTP 404'],
  ['no connection by HTTP 10.0.3.17:8080', 'no connection by HTTP 172.16.0.4:8080'],
  ['the bank answered 12.50 GBP', 'the bank answered 13.50 GBP'],
  ['the bank answered 1,250 GBP', 'the bank answered 2,250 GBP'],
  ['status 2026-11-22 is too old', 'status 2025-11-22 is too old'],
  ['it answered 1/40', 'it answered 2/40'],
])('an id, an amount and a name are not: %s', (one, other) => {
  expect(of(one)).toBe(of(other))
})

it('names a cause without a code as releases did that knew no codes: its letters stay one group', () => {
  const error = new Error('order 01928c1e-6f3a-7c11-8a52-0242ac120002 is 550 short of "MUG"')
  expect(fingerprintOf('loyalty.award-points', 'order.confirmed', 'attempts-exhausted', error)).toBe('65f482446d81')
})

it('has one pattern whatever the code: a dependency that answers 502 and 503 in turns is one outage', () => {
  const answered = (status: number) => patternOf(new Error(`the shop answered ${status}`))
  expect(answered(502)).toBe(answered(503))
})
