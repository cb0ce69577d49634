import { mkdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessPlan } from './process.ts'
import { SupervisedProcess, type Supervision, type UnwantedEnd } from './supervised-process.ts'

/** A kill -9 of ours. */
export interface Kill {
  name: string
  /** Milliseconds since 1970. */
  at: number
}

/** Several processes by name, each started again whenever it ends, as an orchestrator does. */
export interface Supervisor<Plan extends ProcessPlan = ProcessPlan> {
  readonly kills: readonly Kill[]
  readonly unwantedEnds: readonly UnwantedEnd[]
  readonly plans: readonly Plan[]
  pidOf(name: string): number | undefined
  /** The process with this pid. */
  nameOf(pid: number): string | undefined
  start(plan: Plan): void
  /** Resolves when this one has worked. @throws its last words when it is given up */
  untilReady(name: string): Promise<void>
  /** Resolves when this one has loaded: it has said something, or ended. */
  untilSpoken(name: string): Promise<void>
  /**
   * Resolves when all that were started have worked.
   * @throws the last words of one that is given up, or the name of one that does not work after so many seconds (default 60)
   */
  ready(withinS?: number): Promise<void>
  /** kill -9, and a new life after `awayMs`. */
  kill(name: string, awayMs: number): Promise<void>
  /** SIGTERM, and a new life. */
  restart(name: string): Promise<void>
  /** SIGSTOP, until the returned function is called. */
  hold(name: string): () => void
  /** SIGSTOP for so long. */
  freeze(name: string, ms: number): Promise<void>
  /** Ends these for good, all at once; without names, everything. */
  stop(...names: string[]): Promise<void>
  /** SIGKILL for everything, for good. */
  abandon(): void
}

export function createSupervisor<Plan extends ProcessPlan = ProcessPlan>(supervision: Supervision): Supervisor<Plan> {
  const members = new Map<string, SupervisedProcess<Plan>>()
  const unwantedEnds: UnwantedEnd[] = []
  const kills: Kill[] = []
  mkdirSync(supervision.pids, { recursive: true })
  const onUnwantedEnd = (end: UnwantedEnd) => {
    unwantedEnds.push(end)
    supervision.onUnwantedEnd?.(end)
  }
  const all = () => [...members.values()]
  const of = (name: string) => {
    const member = members.get(name)
    if (!member) throw new Error(`no process is called ${name}`)
    return member
  }
  const hold = (name: string) => {
    const member = of(name)
    member.signal('SIGSTOP')
    return () => member.signal('SIGCONT')
  }
  return {
    unwantedEnds,
    kills,
    get plans() {
      return all().map(({ plan }) => plan)
    },
    pidOf: (name) => members.get(name)?.pid,
    nameOf: (pid) => all().find((member) => member.pid === pid)?.plan.name,
    start(plan) {
      members.set(plan.name, new SupervisedProcess(plan, { ...supervision, onUnwantedEnd }))
    },
    untilReady: (name) => of(name).ready,
    untilSpoken: (name) => of(name).spoken,
    async ready(withinS = 60) {
      await Promise.all(all().map((member) => within(withinS, member)))
    },
    async kill(name, awayMs) {
      const member = of(name)
      if (member.isKilled) return
      kills.push({ name, at: Date.now() })
      await member.kill(awayMs)
    },
    restart: (name) => of(name).restart(),
    hold,
    async freeze(name, ms) {
      const letGo = hold(name)
      await wait(ms)
      letGo()
    },
    async stop(...names) {
      await Promise.all((names.length === 0 ? all() : names.map(of)).map((member) => member.stop()))
    },
    abandon() {
      for (const member of all()) member.abandon()
    },
  }
}

async function within(seconds: number, { plan, ready }: SupervisedProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${plan.name} does not work after ${seconds} s`)), seconds * 1_000)
  })
  await Promise.race([ready, late]).finally(() => clearTimeout(timer))
}
