import { readMetrics } from './metrics.ts'

it('tells how the process does, the first time that it is asked, and again at once', async () => {
  for (let time = 0; time < 2; time++) {
    const { text, contentType } = await readMetrics()
    expect(contentType).toContain('text/plain')
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
    const lag = Number(/^nodejs_eventloop_lag_min_seconds (\S+)$/m.exec(text)?.[1])
    expect(lag).toBeGreaterThan(0)
    expect(lag).toBeLessThan(60)
  }
})
