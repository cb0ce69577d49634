import { createGateway } from '#domains/payment'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { InstanceSet, startService, stopService, wipeService } from '../../../dev/services/index.ts'
import { PRIVATE } from '../../../dev/services/private/index.ts'
import { audit } from '../../../src/audit/index.ts'
import { anOrder, trialSystem, type TrialSystem } from '../world/trial-system.ts'

jest.setTimeout(240_000)

/** `WIPED_ORDERS=1000` for the thousand of the promise, which are then given a minute. */
const ORDERS = Number(process.env['WIPED_ORDERS'] ?? 300)
const DISPOSABLE = ['rabbitmq', 'redis'] as const
const withBinaries = DISPOSABLE.every((name) => PRIVATE[name].isInstalled()) ? describe : describe.skip

withBinaries('RabbitMQ and Redis are disposable', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  chmodSync(folder, 0o755)
  const set = InstanceSet.open('wiped', path.join(folder, 'wiped'))
  let system: TrialSystem | undefined
  afterAll(async () => {
    await system?.close().catch(() => {})
    for (const name of DISPOSABLE) {
      await stopService(name, set)
      await PRIVATE[name].wipe(set)
    }
    rmSync(folder, { recursive: true })
  })

  test('both lose all their data with orders in flight: all finish, and the books agree', async () => {
    const [rabbitmq, redis] = await Promise.all(DISPOSABLE.map((name) => startService(name, set)))
    system = await trialSystem({ RABBITMQ_URL: rabbitmq!, REDIS_URL: redis! })
    await Promise.all([system.start('api'), system.start('relay')])
    await placeAll(system)
    await system.start('worker')
    await deadline('orders on their way', async () => (await system!.db.handledEvent.count()) > ORDERS / 2)

    await Promise.all(DISPOSABLE.map((name) => wipeService(name, set)))
    const inFlight = await system.db.order.count({ where: { status: { in: ['placed', 'confirmed'] } } })
    await Promise.all(DISPOSABLE.map((name) => startService(name, set)))
    const back = performance.now()
    await system.settled(ORDERS < 1_000 ? 120_000 : 60_000)
    const seconds = (performance.now() - back) / 1_000
    process.stdout.write(`${inFlight} orders in flight at the wipe, all at their end after ${seconds.toFixed(1)} s\n`)

    expect(await system.db.order.groupBy({ by: ['status'], _count: true })).toEqual([
      { status: 'shipped', _count: ORDERS },
    ])
    const gateway = createGateway(system.gatewayUrl)
    const findings = await audit(system.db, { patienceMs: 0, gateway })
    expect(findings.filter(({ count, skipped }) => count > 0 || skipped)).toEqual([])
  })
})

const LANES = 16

async function placeAll(system: TrialSystem) {
  let next = 0
  const lane = async () => {
    while (next < ORDERS) {
      const nth = next++
      const isTaken = async () =>
        (await system.post(anOrder(`customer-${nth}@example.com`), `order-${nth}`)).status === 202
      await deadline(`order ${nth} is taken`, isTaken)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
