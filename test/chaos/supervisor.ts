import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startProcess, type Life, type ProcessPlan } from './process.ts'

export type Role = 'api' | 'relay' | 'scheduler' | 'worker' | 'gateway'

export interface MemberPlan extends Pick<ProcessPlan, 'name' | 'run' | 'env'> {
  role: Role
  /** What it says when it works; without it, it counts as working when it runs. */
  ready?: string
}

/** A process that ended although nobody had killed it. */
export interface UnwantedEnd {
  name: string
  /** False when it ended before it worked, as when the database was away at its start. */
  wasReady: boolean
  lastWords: string
}

/** A kill -9 of ours. */
export interface Kill {
  name: string
  /** Milliseconds since 1970. */
  at: number
}

export interface Supervisor {
  readonly kills: readonly Kill[]
  readonly unwantedEnds: readonly UnwantedEnd[]
  names(...roles: Role[]): string[]
  pidOf(name: string): number | undefined
  /** The member with this pid. */
  nameOf(pid: number): string | undefined
  start(plan: MemberPlan): void
  ready(): Promise<void>
  /** kill -9, and a new life after `awayMs`. */
  kill(name: string, awayMs: number): Promise<void>
  /** SIGSTOP, until the returned function is called. */
  hold(name: string): () => void
  /** SIGSTOP for so long. */
  freeze(name: string, ms: number): Promise<void>
  stop(): Promise<void>
}

interface Member {
  plan: MemberPlan
  life: Life
  isReady: boolean
  killed: boolean
}

const RESTART_MS = 500

/** Starts processes, and starts each again that ends, as an orchestrator does. */
export function createSupervisor(logs: string, pids: string): Supervisor {
  const members = new Map<string, Member>()
  const unwantedEnds: UnwantedEnd[] = []
  const kills: Kill[] = []
  let stopping = false
  for (const folder of [logs, pids]) mkdirSync(folder, { recursive: true })

  const live = (plan: MemberPlan) => {
    const file = plan.name.replaceAll(' ', '-')
    const life = startProcess({ ...plan, logFile: path.join(logs, `${file}.log`), pidFile: path.join(pids, file) })
    const member: Member = { plan, life, isReady: plan.ready === undefined, killed: false }
    members.set(plan.name, member)
    if (plan.ready)
      void life
        .says(plan.ready)
        .then(() => (member.isReady = true))
        .catch(() => {})
    void life.exited.then(() => reviveUnlessKilled(member))
  }
  const reviveUnlessKilled = async ({ plan, life, isReady, killed }: Member) => {
    if (killed || stopping) return
    unwantedEnds.push({ name: plan.name, wasReady: isReady, lastWords: life.output().trim().split('\n').at(-1) ?? '' })
    await wait(RESTART_MS)
    if (!stopping) live(plan)
  }
  const of = (name: string) => {
    const member = members.get(name)
    if (!member) throw new Error(`no process is called ${name}`)
    return member
  }

  const hold = (name: string) => {
    const { life } = of(name)
    life.signal('SIGSTOP')
    return () => life.signal('SIGCONT')
  }

  return {
    unwantedEnds,
    kills,
    names: (...roles) => [...members.values()].flatMap(({ plan }) => (roles.includes(plan.role) ? [plan.name] : [])),
    pidOf: (name) => members.get(name)?.life.pid,
    nameOf: (pid) => [...members.values()].find(({ life }) => life.pid === pid)?.plan.name,
    start: live,
    async ready() {
      await Promise.all([...members.values()].map(async ({ plan, life }) => plan.ready && life.says(plan.ready)))
    },
    async kill(name, awayMs) {
      const member = of(name)
      if (member.killed) return
      member.killed = true
      member.life.signal('SIGKILL')
      kills.push({ name, at: Date.now() })
      await member.life.exited
      await wait(awayMs)
      if (!stopping) live(member.plan)
    },
    hold,
    async freeze(name, ms) {
      const letGo = hold(name)
      await wait(ms)
      letGo()
    },
    async stop() {
      stopping = true
      await Promise.all([...members.values()].map(({ life }) => life.stop()))
    },
  }
}
