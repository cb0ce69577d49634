// Loaded into a process that is to be profiled: SIGUSR2 begins a processor profile, the next one writes it.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { isMainThread } from 'node:worker_threads'

const file = process.env.BENCH_PROFILE
if (file && isMainThread) {
  const session = new Session()
  session.connect()
  let profiling = false
  const turn = async () => {
    profiling = !profiling
    if (profiling) {
      await session.post('Profiler.enable')
      await session.post('Profiler.start')
    } else {
      const { profile } = await session.post('Profiler.stop')
      writeFileSync(file, JSON.stringify(profile))
    }
  }
  process.on('SIGUSR2', () => void turn())
}
