import { isMailAddress, mailKey } from './mail-address.ts'

it.each([
  ['ada@example.com', true],
  ["o'brien+shop@mail.example.co.uk", true],
  ['jörg@müller.example', true],
  ['用户@例え.テスト', true],
  ['ada@xn--mller-kva.example', true],
  ['ada', false],
  ['@example.com', false],
  ['ada@', false],
  ['ada@example', false],
  ['a..da@example.com', false],
  ['.ada@example.com', false],
  ['ada@exa mple.com', false],
  ['ada@-example.com', false],
  ['ada@192.168.0.1', false],
  ['ada\u202e@example.com', false],
  ['ada@exam\u0000ple.com', false],
  ['"ada"@example.com', false],
  ['ada@example.com,eve@example.com', false],
  [`${'é'.repeat(33)}@example.com`, false], // 66 octets
  [`ada@${'a'.repeat(64)}.com`, false],
])('says of %s whether it is an address: %s', (address, is) => {
  expect(isMailAddress(address)).toBe(is)
})

it('is one address, however it is written', () => {
  expect(mailKey(' ADA@Example.COM ')).toBe('ada@example.com')
  const ways = ['jörg@müller.example', 'JO\u0308RG@MU\u0308LLER.example', 'jörg@xn--mller-kva.EXAMPLE']
  expect(new Set(ways.map(mailKey)).size).toBe(1)
  expect(mailKey('jorg@muller.example')).not.toBe(mailKey(ways[0]!))
  for (const way of ways) expect(mailKey(mailKey(way))).toBe(mailKey(way))
  expect(mailKey('not an address')).toBe('not an address')
})
