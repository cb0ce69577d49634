import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const SHOWN = 25

/** Prints, for each profiled process, the functions that used the processor themselves. */
export function topFunctions(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Profile
    const { total, byFunction } = selfTimes(profile)
    console.log(`\n${file}: ${Math.round(total / 1_000)} ms of work`)
    const sorted = [...byFunction].sort(([, a], [, b]) => b - a)
    for (const [name, us] of sorted.slice(0, SHOWN))
      console.log(`  ${((100 * us) / total).toFixed(1).padStart(5)} %  ${name}`)
  }
}

/** Microseconds by function; waiting is left out. */
function selfTimes({ nodes, samples, timeDeltas }: Profile) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const byFunction = new Map<string, number>()
  let total = 0
  samples.forEach((id, index) => {
    const name = names.get(id)!
    if (name === '(idle)' || name === '(program)' || name === '(root)') return
    const us = timeDeltas[index]!
    total += us
    byFunction.set(name, (byFunction.get(name) ?? 0) + us)
  })
  return { total, byFunction }
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)'
  if (url === '') return name
  const place = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*?\/(src|workers|bench)\//, '$1/')
  return `${name}  ${place}:${lineNumber + 1}`
}
