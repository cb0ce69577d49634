import { setTimeout as wait } from 'node:timers/promises'
import { say, table } from '../../src/cli/terminal/output.ts'
import { commandLine, parse } from '../command-line.ts'
import { InstanceSet, SetupError } from '../services/index.ts'
import { membersOf, type Member } from './groups.ts'
import { usageOf, type Usage } from './proc.ts'
import { startSystem } from './start.ts'

const SETTLE_S = 10
/** Long enough for every job that runs each minute. */
const WATCH_S = 60

/** What an idle process takes: its memory, and how much of one core. */
interface Idle extends Member, Usage {
  share: number
  /** Processor seconds from its start until the sample order was through. */
  startCpu: number
}

const ABOUT = `Measures what npm start takes on this machine. Starts it twice, so that the second finds services and data made, lets
its sample order pass, and watches it do nothing for ${WATCH_S} s. The arguments are those of npm start.`

/** @returns the exit code */
export function footprintCommand(args: string[]): Promise<number> {
  const program = commandLine('npm run footprint --', ABOUT)
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_, { args: given }: { args: string[] }) => measure(given))
  return parse(program, args)
}

async function measure(args: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') throw new SetupError('The footprint is read from /proc, so it is for Linux alone.')
  const first = await startSystem(args)
  await first.stop()
  const again = await startSystem(args)
  const idle = await watchIdle(again.pid)
  const stopMs = await again.stop()
  say(`Node ${process.version}, npm start ${args.join(' ')}\n`)
  say(`first start ${seconds(first.readyMs)} s; again ${seconds(again.readyMs)} s; Ctrl-C ${seconds(stopMs)} s\n`)
  say(report(idle))
}

async function watchIdle(start: number): Promise<Idle[]> {
  const atStart = look(start)
  await wait(SETTLE_S * 1_000)
  const before = look(start)
  const began = performance.now()
  await wait(WATCH_S * 1_000)
  const elapsed = performance.now() - began
  return look(start).map((now, i) => {
    const { cpuMs } = before[i]!
    return { ...now, startCpu: atStart[i]!.cpuMs / 1_000, share: (now.cpuMs - cpuMs) / elapsed }
  })
}

const look = (start: number) =>
  membersOf(start, InstanceSet.open('dev')).map((member) => ({ ...member, ...usageOf(member.pids) }))

const GROUPS = {
  system: 'API, relay, scheduler, workers',
  around: 'mail, gateway, npm start',
  services: 'PostgreSQL, RabbitMQ, Redis',
}

function report(idle: readonly Idle[]): string {
  const sums = Object.entries(GROUPS).map(([group, name]) => {
    return sumOf(
      name,
      idle.filter((one) => one.group === group),
    )
  })
  const processes = idle.filter(({ group }) => group !== 'services')
  const rows = [...idle, ...sums, sumOf('all Node processes', processes)]
  return table(
    ['', 'processes', 'RSS MB', 'PSS MB', 'start, CPU s', 'of a core, idle'],
    rows.map(({ name, pids, rss, pss, startCpu, share }) => {
      return [name, pids.length, Math.round(rss), Math.round(pss), startCpu.toFixed(1), `${(share * 100).toFixed(2)} %`]
    }),
  )
}

function sumOf(name: string, members: readonly Idle[]): Idle {
  const sum = (of: (one: Idle) => number) => members.reduce((total, one) => total + of(one), 0)
  return {
    name: `= ${name}`,
    group: 'system',
    pids: members.flatMap(({ pids }) => pids),
    rss: sum(({ rss }) => rss),
    pss: sum(({ pss }) => pss),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    startCpu: sum(({ startCpu }) => startCpu),
    share: sum(({ share }) => share),
  }
}

const seconds = (ms: number) => (ms / 1_000).toFixed(1)
