import { tellReleases } from './running.ts'

const at = (time: string) => new Date(`2026-11-22T${time}Z`)

test('releases that run side by side are told by what runs of each, the latest at the end', () => {
  const newer = { release: '1.1.0', since: at('12:03:00') }
  const older = { release: '1.0.0', since: at('09:00:00') }
  expect(
    tellReleases([
      { service: 'api', processes: 2, ...newer },
      { service: 'worker', processes: 1, ...newer },
      { service: 'worker', processes: 3, ...newer, since: at('12:01:00') },
      { service: 'relay', processes: 1, ...older },
      { service: 'worker', processes: 1, ...older },
    ]),
  ).toBe(
    '2 releases run side by side: 1.0.0 (relay, worker) since 2026-11-22 09:00 UTC and 1.1.0 (2 APIs, 4 workers) since 2026-11-22 12:01 UTC.',
  )
})

test('one release, or none, is no news', () => {
  expect(tellReleases([{ service: 'api', release: '1.0.0', processes: 2, since: at('09:00:00') }])).toBeNull()
  expect(tellReleases([])).toBeNull()
})
