import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { servicesCommand } from './command.ts'
import { InstanceSet } from './instance-set.ts'
import { giveUpLease, keep, takeLease } from './leases.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('keeps the services for whoever asked after the last user had begun', () => {
  const running = InstanceSet.open('trial', folder)
  takeLease(running)
  keep(InstanceSet.open('trial', folder), true)
  running.save()
  expect(giveUpLease(running)).toBe(false)
  keep(InstanceSet.open('trial', folder), false)
  expect(giveUpLease(running)).toBe(true)
})

it('takes no path for the name of a set, whose data it may delete', async () => {
  for (const name of ['../..', '/tmp', 'a/b', '.', ''])
    await expect(servicesCommand(['reset', '--set', name])).rejects.toThrow(/is no name of a set/)
})
