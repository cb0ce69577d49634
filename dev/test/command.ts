import { spawn, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { onStopSignal } from '../../src/platform/process/stop-signals.ts'
import { hasPid } from '../processes/daemon.ts'
import {
  InstanceSet,
  keepServices,
  prepareTemplate,
  PROJECT,
  provideServices,
  type Provided,
} from '../services/index.ts'
import { endLeftovers, notesOf } from './leftovers.ts'
import { readSummary } from './summary.ts'

const WHOLE =
  'All tests take about seven minutes on two cores; npm test -- quickstart runs those that have it in their path.'

/**
 * Runs Jest on services and databases of its own; every argument goes to Jest, but `--keep`, which leaves the services
 * running for the next run. The last line it prints counts the tests.
 */
export async function testCommand(args: string[]): Promise<void> {
  const set = InstanceSet.open('test')
  if (args.includes('--keep')) keepServices(set, true)
  const results = path.join(set.folder, `results-${process.pid}.json`)
  let exitCode = 1
  const stop = stopSignal()
  try {
    await endLeftovers(set)
    console.error('Starting the PostgreSQL, RabbitMQ and Redis of the tests …')
    const provided = await provideServices(set, (sentence) => console.error(sentence))
    try {
      const env = { ...(await testEnvironment(set, provided)), ...notesOf(set) }
      const wishes = args.filter((arg) => arg !== '--keep')
      if (wishes.length === 0) console.error(WHOLE)
      const jestArgs = [`--json`, `--outputFile=${results}`, ...wishes]
      if (!stop.isAsked) exitCode = await runJest(jestArgs, env, stop)
    } finally {
      await endLeftovers(set)
      await provided.release()
    }
  } finally {
    process.exitCode = stop.isAsked ? INTERRUPTED : exitCode
    console.log(stop.isAsked ? 'Stopped before the end: no test is counted.' : readSummary(results, exitCode))
    rmSync(results, { force: true })
  }
}

/** What tests may use, and nothing that points at anyone's real data. */
async function testEnvironment(set: InstanceSet, { urls, origin }: Provided): Promise<NodeJS.ProcessEnv> {
  const mark = `test-${set.state.id}`
  const template = origin.postgres === 'environment' ? `fanfare_template_${set.state.id}` : 'fanfare_template'
  const { DATABASE_URL, DATABASE_DIRECT_URL, DATABASE_POOLER, RABBITMQ_URL, REDIS_URL, ...inherited } = process.env
  return {
    ...inherited,
    NODE_ENV: 'test',
    TEST_DATABASE_URL: await prepareTemplate(urls.postgres, template),
    TEST_RABBITMQ_URL: urls.rabbitmq,
    TEST_REDIS_URL: origin.redis === 'environment' ? withOwnDatabase(urls.redis) : urls.redis,
    ...(origin.rabbitmq === 'environment' && { MESSAGING_NAMESPACE: mark }),
  }
}

/** Redis numbers its databases; 9 unless the URL chooses one. */
function withOwnDatabase(url: string): string {
  const chosen = new URL(url)
  if (chosen.pathname.length < 2) chosen.pathname = '/9'
  return chosen.href
}

/** What a shell calls the end by Ctrl-C. */
const INTERRUPTED = 130

/** Ctrl-C and SIGTERM end Jest; we stay to put things back. */
function stopSignal() {
  const stop = { isAsked: false, tell: () => {} }
  onStopSignal(() => {
    stop.isAsked = true
    stop.tell()
  })
  return stop
}

/**
 * Of Jest's processes, which live for a hundred test files: what is compiled is kept (compile-once.mjs), WebAssembly, which is
 * Prisma's query compiler, is not optimized anew for each file, and garbage, which each file leaves, is collected less often.
 */
const NODE_FLAGS = [
  '--import',
  pathToFileURL(path.join(PROJECT, 'dev/test/compile-once.mjs')).href,
  '--no-flush-bytecode',
  '--liftoff-only',
  '--max-semi-space-size=64',
]

async function runJest(args: string[], env: NodeJS.ProcessEnv, stop: ReturnType<typeof stopSignal>): Promise<number> {
  const jest = path.join(PROJECT, 'node_modules/jest/bin/jest.js')
  const child = spawn(process.execPath, [...NODE_FLAGS, jest, ...args], { cwd: PROJECT, env, stdio: 'inherit' })
  let workers: number[] = []
  stop.tell = () => {
    workers = childrenOf(child.pid!) // they would outlive it
    child.kill('SIGTERM')
  }
  const code = await new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? 1)))
  for (const pid of workers) if (hasPid(pid)) process.kill(pid, 'SIGKILL')
  return code
}

function childrenOf(parent: number): number[] {
  const lines = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n')
  return lines.flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number)
    return ppid === parent ? [pid!] : []
  })
}
