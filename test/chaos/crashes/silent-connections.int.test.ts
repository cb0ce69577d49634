// Connections to PostgreSQL that a firewall has forgotten: nothing arrives on them any more, and nobody is told.
import { deadline, placeOf, requireTestService, tcpProxy, type TcpProxy } from '#testing'
import { anOrder, trialSystem, type TrialSystem } from '../world/trial-system.ts'

jest.setTimeout(240_000)

let system: TrialSystem
let proxy: TcpProxy
beforeEach(async () => {
  proxy = await tcpProxy(placeOf(requireTestService('TEST_DATABASE_URL')))
  system = await trialSystem()
})
afterEach(async () => {
  await system.close()
  await proxy.close()
})

const through = () => ({ env: { DATABASE_URL: proxy.through(system.url) } })

const isTaken = async (key: string) => {
  const { status } = await system.post(anOrder(), key)
  return status === 202
}

it('the API, a relay and a worker find out by themselves, and go on over new ones', async () => {
  await Promise.all([
    system.start('api', through()),
    system.start('relay', through()),
    system.start('worker', through()),
  ])
  await deadline('an order is taken', () => isTaken('before'))
  await system.settled()
  expect(proxy.silence()).toBeGreaterThan(3)
  await deadline('an order is taken again', () => isTaken('after'), { within: 90_000, every: 200 })
  await system.settled()
})
