import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deadline } from '#testing'
import { isAnswering } from './answering.ts'
import { SERVICE_NAMES, type ServiceName } from './contract.ts'
import { InstanceSet } from './instance-set.ts'
import { PRIVATE, startService, stopService } from './private/index.ts'
import { watchServices } from './watch.ts'

jest.setTimeout(120_000)

const haveBinaries = SERVICE_NAMES.every((name) => PRIVATE[name].isInstalled())
const withBinaries = haveBinaries ? describe : describe.skip

withBinaries('services of our own', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
  chmodSync(folder, 0o755)
  const set = InstanceSet.open('watched', path.join(folder, 'watched'))
  afterAll(async () => {
    for (const name of SERVICE_NAMES) await stopService(name, set)
    for (const name of SERVICE_NAMES) await PRIVATE[name].wipe(set)
    rmSync(folder, { recursive: true })
  })

  it.each(['postgres', 'rabbitmq'] as const)(
    'leave no process and no half-made data when %s is stopped',
    async (name) => {
      const stopping = new AbortController()
      const starting = PRIVATE[name].start(set, stopping.signal)
      await deadline('it begins', () => existsSync(path.join(set.folder, name)), { every: 1 })
      stopping.abort(new Error('enough'))
      await expect(starting).rejects.toThrow('enough')
      expect(PRIVATE[name].isRunning(set)).toBe(false)
      for (const made of ['postgres/data', 'postgres/draft', 'rabbitmq/mnesia'])
        expect(existsSync(path.join(set.folder, made))).toBe(false)
    },
  )

  it('are started again at the same place when they are killed, each told once', async () => {
    const told: string[] = []
    const note = (what: string) => (name: ServiceName) => void told.push(`${name} ${what}`)
    const urls = await Promise.all(SERVICE_NAMES.map((name) => startService(name, set)))
    const ends: (string | undefined)[] = []
    const onDown = (name: ServiceName, end?: string) => {
      note('down')(name)
      ends.push(end)
    }
    const watcher = { onDown, onUp: note('up'), onFailure: note('failed') }
    const stop = watchServices(set, SERVICE_NAMES, watcher)
    for (const [i, name] of SERVICE_NAMES.entries()) {
      await stopService(name, set, 'SIGKILL')
      await deadline(`${name} is back`, () => told.includes(`${name} up`), { within: 60_000 })
      expect(await isAnswering(name, urls[i]!)).toBe(true)
    }
    await stop()
    expect(ends).toEqual(SERVICE_NAMES.map(() => 'was killed by signal 9 (SIGKILL)'))
    expect(told).toEqual(SERVICE_NAMES.flatMap((name) => [`${name} down`, `${name} up`]))
  })
})
