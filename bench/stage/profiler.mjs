// Loaded into a process that is to be profiled: SIGUSR2 begins a processor profile, SIGWINCH ends and writes it. Two
// signals, because two of one kind in quick succession may arrive as one.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const file = process.env.BENCH_PROFILE
const session = new Session()
session.connect()

async function begin() {
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
}

async function end() {
  const { profile } = await session.post('Profiler.stop')
  writeFileSync(file, JSON.stringify(profile))
}

if (file) {
  let last = Promise.resolve()
  process.on('SIGUSR2', () => (last = last.then(begin).catch(() => {})))
  process.on('SIGWINCH', () => (last = last.then(end).catch(() => {})))
}
