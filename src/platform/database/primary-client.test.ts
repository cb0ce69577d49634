import { placesOf, serversOf } from './primary-client.ts'

it('takes one server as it is', () => {
  const url = 'postgresql://fanfare:p%40ss@db:5432/fanfare?sslmode=verify-full'
  expect(serversOf(url)).toEqual({ servers: [url], mustWrite: false })
  expect(placesOf(url)).toBe('db:5432')
})

it('takes several apart, with all that they share', () => {
  const { servers, mustWrite } = serversOf(
    'postgresql://fanfare:secret@a:5432,b:5433,[::1]:5434/fanfare?sslmode=disable',
  )
  expect(servers).toEqual([
    'postgresql://fanfare:secret@a:5432/fanfare?sslmode=disable',
    'postgresql://fanfare:secret@b:5433/fanfare?sslmode=disable',
    'postgresql://fanfare:secret@[::1]:5434/fanfare?sslmode=disable',
  ])
  expect(mustWrite).toBe(true)
  expect(placesOf('postgres://u:p@a:1,b:2/x')).toBe('a:1, b:2')
})

it.each([
  ['postgresql://db/fanfare?target_session_attrs=read-write', true],
  ['postgresql://db/fanfare?sslmode=disable&target_session_attrs=primary', true],
  ['postgresql://a,b/fanfare?target_session_attrs=any', false],
])('asks of %s whether it takes changes: %s', (url, mustWrite) => expect(serversOf(url).mustWrite).toBe(mustWrite))
