import { CONFIGURATIONS } from './configurations.ts'
import { attempt, type Finding } from './findings.ts'

const standing = { isOpen: () => true }
const finding = (): Finding => ({ one: CONFIGURATIONS[0]!, paces: [] })
const fail = () => Promise.reject(new Error('its broker was away\n  at connect'))

it('tells what has failed, and lets the others go on', async () => {
  const said: string[] = []
  const failed = finding()
  await attempt(standing, failed, (line) => said.push(line), fail)
  expect(failed.failure).toBe('its broker was away')
  expect(said).toEqual(['  Fanfare, default has failed: its broker was away\n  at connect'])
})

it('does not try again what has failed', async () => {
  let tries = 0
  const failed = { ...finding(), failure: 'its broker was away' }
  await attempt(
    standing,
    failed,
    () => {},
    async () => void tries++,
  )
  expect(tries).toBe(0)
})

it('gives up when the stage itself is gone', async () => {
  const failed = finding()
  await expect(attempt({ isOpen: () => false }, failed, () => {}, fail)).rejects.toThrow('its broker was away')
  expect(failed.failure).toBeUndefined()
})
