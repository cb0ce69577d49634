// Connections to PostgreSQL that a firewall has forgotten: nothing arrives on them any more, and nobody is told.
import { deadline, placeOf, requireTestService, tcpProxy, type TcpProxy } from '#testing'
import { anOrder, trialShop, type TrialShop } from './trial-shop.ts'

jest.setTimeout(240_000)

let shop: TrialShop
let proxy: TcpProxy
beforeEach(async () => {
  proxy = await tcpProxy(placeOf(requireTestService('TEST_DATABASE_URL')))
  shop = await trialShop()
})
afterEach(async () => {
  await shop.close()
  await proxy.close()
})

const through = () => ({ env: { DATABASE_URL: proxy.through(shop.url) } })

const isTaken = async (key: string) => {
  const { status } = await shop.post(anOrder(), key)
  return status === 202
}

it('the API, a relay and a worker find out by themselves, and go on over new ones', async () => {
  await Promise.all([shop.start('api', through()), shop.start('relay', through()), shop.start('worker', through())])
  await deadline('an order is taken', () => isTaken('before'))
  await shop.settled()
  expect(proxy.silence()).toBeGreaterThan(3)
  const began = performance.now()
  await deadline('an order is taken again', () => isTaken('after'), { within: 60_000, every: 200 })
  await shop.settled()
  expect(performance.now() - began).toBeLessThan(60_000)
})
