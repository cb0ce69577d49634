import { readTarget } from './target.ts'

it.each([
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://017700000001/',
  'https://127.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[fd00::1]/',
  'https://169.254.169.254/latest/meta-data',
  'https://10.0.0.1/',
  'https://localhost/',
  'https://internal/',
  'http://shop.example/',
  'ftp://shop.example/',
  'file:///etc/passwd',
  'https://user:password@shop.example/',
  'https://',
  'shop.example',
  `https://shop.example/${'x'.repeat(2_000)}`,
])('%s is refused', (url) => {
  expect(() => readTarget(url, 'public')).toThrow(expect.objectContaining({ code: 'webhook-url-refused' }))
})

it.each(['https://shop.example/hooks?a=1', 'https://93.184.216.34:8443/', 'https://[2606:4700:4700::1111]/'])(
  '%s is taken',
  (url) => {
    expect(readTarget(url, 'public')).toBe(url)
  },
)

it('any other is taken where our own network is allowed', () => {
  expect(readTarget('http://127.0.0.1:8080/hook#x', 'any')).toBe('http://127.0.0.1:8080/hook')
})
