import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
}

interface Profile {
  nodes: { id: number; callFrame: CallFrame }[]
  samples: number[]
  timeDeltas: number[]
}

const SHOWN = 20
/** Waiting, and what the profiler itself takes. */
const NO_WORK = new Set(['(idle)', '(program)', '(root)', 'dispatch'])

/** Prints, for each profiled process, which packages and which functions used the processor themselves. */
export function topFunctions(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Profile
    const total = sum(selfTimes(profile, () => 'all'))
    console.log(`\n${file}: ${Math.round(total / 1_000)} ms of work`)
    const packages = shares(selfTimes(profile, packageOf), total).slice(0, 10)
    console.log(`  ${packages.map(([name, share]) => `${name} ${share} %`).join(', ')}`)
    for (const [name, share] of shares(selfTimes(profile, nameOf), total).slice(0, SHOWN))
      console.log(`  ${share.padStart(5)} %  ${name}`)
  }
}

/** Microseconds by whatever `key` makes of a frame. */
function selfTimes({ nodes, samples, timeDeltas }: Profile, key: (frame: CallFrame) => string): Map<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, number>()
  samples.forEach((id, index) => {
    const frame = frames.get(id)!
    if (NO_WORK.has(frame.functionName)) return
    times.set(key(frame), (times.get(key(frame)) ?? 0) + timeDeltas[index]!)
  })
  return times
}

const sum = (times: Map<string, number>) => [...times.values()].reduce((all, us) => all + us, 0)

function shares(times: Map<string, number>, total: number): [string, string][] {
  const sorted = [...times].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, us]) => [name, ((100 * us) / total).toFixed(1)])
}

function packageOf({ functionName, url }: CallFrame): string {
  if (url === '') return functionName === '(garbage collector)' ? 'garbage collector' : 'native'
  if (url.startsWith('node:')) return url.includes('undici') ? 'fetch' : 'node'
  const inPackage = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  return inPackage ?? /\/((?:src|workers|bench)\/[^/]+)/.exec(url)?.[1] ?? url
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName || '(anonymous)'
  if (url === '') return name
  const place = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*?\/(src|workers|bench)\//, '$1/')
  return `${name}  ${place}:${lineNumber + 1}`
}
