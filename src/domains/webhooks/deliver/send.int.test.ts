import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { releases } from '#testing'
import { createSender } from './send.ts'

const later = releases()

/** A server on this machine, and how often it was reached. */
async function aServer(answer: RequestListener = (_, response) => response.end('ok')) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  later(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, seen }
}

function aSender(options: Partial<Parameters<typeof createSender>[0]> & { targets: 'public' | 'any' }) {
  const sender = createSender({ timeoutMs: 5_000, ...options })
  later(sender.close)
  return sender
}

const NOT_PUBLIC = { status: null, error: expect.stringContaining('not of the internet') }

describe('into the internet alone', () => {
  it.each([
    ['a name of this machine', ['127.0.0.1']],
    ['a name with one address of ours among others', ['93.184.216.34', '10.0.0.1']],
    ['an address of IPv4 in the dress of IPv6', ['::ffff:127.0.0.1']],
  ])('%s is reached by nobody', async (_, addresses) => {
    const { port, seen } = await aServer()
    const sender = aSender({ targets: 'public', resolve: async () => addresses })
    expect(await sender.send(`http://shop.example:${port}/`, {}, '{}')).toMatchObject(NOT_PUBLIC)
    expect(seen).toEqual([])
  })

  it.each(['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]', 'localhost'])(
    'http://%s is reached by nobody',
    async (host) => {
      const { port, seen } = await aServer()
      const sender = aSender({ targets: 'public', resolve: async () => ['127.0.0.1'] })
      expect(await sender.send(`http://${host}:${port}/`, {}, '{}')).toMatchObject(NOT_PUBLIC)
      expect(seen).toEqual([])
    },
  )

  it('a name that changes its address after it was looked at is looked at once for each connection', async () => {
    const { port, seen } = await aServer()
    const answers = [['192.0.2.1'], ['127.0.0.1']]
    const asked: string[] = []
    const sender = aSender({
      targets: 'public',
      resolve: async (name) => {
        asked.push(name)
        return answers[asked.length - 1] ?? ['127.0.0.1']
      },
    })
    for (const nth of [1, 2]) {
      expect(await sender.send(`http://shop.example:${port}/`, {}, '{}')).toMatchObject(NOT_PUBLIC)
      expect(asked).toHaveLength(nth) // the connection goes to what this look-up said, and asks nobody again
    }
    expect(seen).toEqual([])
  })
})

describe('where our own network is allowed', () => {
  it('follows no redirect', async () => {
    const inner = await aServer()
    const outer = await aServer((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/secret` }).end(),
    )
    const sender = aSender({ targets: 'any' })
    expect(await sender.send(`http://127.0.0.1:${outer.port}/`, {}, '{}')).toMatchObject({ status: 302 })
    expect(inner.seen).toEqual([])
  })

  it('keeps the first bytes of an answer that does not end, and waits no longer than its time', async () => {
    const endless = await aServer((_, response) => {
      const more = setInterval(() => response.write('x'.repeat(500)), 1)
      response.once('close', () => clearInterval(more))
    })
    const silent = await aServer(() => {})
    const sender = aSender({ targets: 'any', timeoutMs: 300 })
    const { status, answer } = await sender.send(`http://127.0.0.1:${endless.port}/`, {}, '{}')
    expect([status, answer?.length]).toEqual([200, 1_024])
    const late = await sender.send(`http://127.0.0.1:${silent.port}/`, {}, '{}')
    expect(late).toMatchObject({ status: null, error: 'no answer in time' })
  })

  it('whoever does not answer holds up nobody else at the same host', async () => {
    const { port } = await aServer(({ url }, response) => void (url === '/well' && response.end('ok')))
    const sender = aSender({ targets: 'any', timeoutMs: 3_000 })
    const silent = Array.from({ length: 40 }, () => sender.send(`http://127.0.0.1:${port}/silent`, {}, '{}'))
    expect(await sender.send(`http://127.0.0.1:${port}/well`, {}, '{}')).toMatchObject({ status: 200 })
    await Promise.all(silent)
  })

  it('reads what an endpoint asks for by Retry-After, as seconds or as a date', async () => {
    const { port } = await aServer(({ url }, response) => {
      const soon = url === '/date' ? new Date(Date.now() + 60_000).toUTCString() : '30'
      response.writeHead(503, { 'retry-after': soon }).end()
    })
    const sender = aSender({ targets: 'any' })
    expect(await sender.send(`http://127.0.0.1:${port}/seconds`, {}, '')).toMatchObject({ retryAfterMs: 30_000 })
    const { retryAfterMs } = await sender.send(`http://127.0.0.1:${port}/date`, {}, '')
    expect(retryAfterMs).toBeGreaterThan(30_000)
  })
})
