import { readMetrics } from './metrics.ts'

it('tells how the process does, the first time that it is asked, and again at once', async () => {
  for (let time = 0; time < 2; time++) {
    const { text, contentType } = await readMetrics()
    expect(contentType).toContain('text/plain')
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
    expect(text).toMatch(/^nodejs_eventloop_time_seconds_total\{nodejs_eventloop_state="active"\} 0*\.?\d/m)
    expect(text).not.toContain('nodejs_eventloop_lag_p99') // which costs a timer, a hundred times a second
  }
})
