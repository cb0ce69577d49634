import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { remember } from '../processes/daemon.ts'
import { InstanceSet } from '../services/index.ts'
import { oldCode } from './old-code.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'fanfare-'))
const project = path.join(folder, 'project')
const set = InstanceSet.open('trial', path.join(folder, 'set'))
const NOON = new Date(2026, 10, 21, 12, 0, 0)
const at = (seconds: number) => new Date(NOON.getTime() + seconds * 1_000)

beforeAll(() => {
  for (const place of ['project/src/domains', 'project/workers/gifts', 'project/workers/payment', 'set/processes'])
    mkdirSync(path.join(folder, place), { recursive: true })
  write('src/domains/one.ts', -60)
  write('workers/gifts/add-gift.ts', -60)
  start('worker-gifts')
  start('worker-payment.capture-payment-2')
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(file: string, seconds: number) {
  writeFileSync(path.join(project, file), '')
  utimesSync(path.join(project, file), at(seconds), at(seconds))
}

/** At noon; its pid is ours, so it runs. */
function start(name: string) {
  const note = path.join(set.folder, 'processes', name)
  remember(note, process.pid)
  utimesSync(note, NOON, NOON)
}

const of = (reaction: string) => oldCode(reaction, set, project)

it('is silent when nothing that the process has loaded is younger than it', () => {
  write('workers/payment/capture-payment.ts', 60)
  write('workers/gifts/add-gift.test.ts', 60)
  expect(of('gifts.add-gift')).toBeUndefined()
  expect(of('order.advance-order')).toBeUndefined() // nothing runs it
})

it('names the process, the time of its code and what has changed', () => {
  expect(of('payment.capture-payment')).toBe(
    'worker payment.capture-payment-2 still runs the code of 12:00:00: workers/payment/capture-payment.ts changed since. ' +
      'Restart npm start, or use npm run dev, which does it by itself.',
  )
  write('src/domains/one.ts', 60)
  write('workers/gifts/add-gift.ts', 60)
  expect(of('gifts.add-gift')).toMatch(/^worker gifts still runs .*: src\/domains\/one.ts and 1 more changed since\./)
})
