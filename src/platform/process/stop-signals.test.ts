import { onStopSignal } from './stop-signals.ts'

it('takes a signal that npm passes on for the same one, and a later one for one more', () => {
  const told: string[] = []
  const now = jest.spyOn(performance, 'now').mockReturnValue(5_000)
  const end = onStopSignal(
    (signal) => told.push(`first ${signal}`),
    (signal) => told.push(`later ${signal}`),
  )
  process.emit('SIGINT', 'SIGINT')
  process.emit('SIGINT', 'SIGINT')
  expect(told).toEqual(['first SIGINT'])
  now.mockReturnValue(6_500)
  process.emit('SIGTERM', 'SIGTERM')
  expect(told).toEqual(['first SIGINT', 'later SIGTERM'])
  end()
  now.mockRestore()
  expect(process.listenerCount('SIGHUP')).toBe(0)
})
