import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import {
  InstanceSet,
  keepServices,
  prepareTemplate,
  PROJECT,
  provideServices,
  type Provided,
} from '../services/index.ts'
import { readSummary } from './summary.ts'

/**
 * Runs Jest on services and databases of its own; every argument goes to Jest, but `--keep`, which leaves the services
 * running for the next run. The last line it prints counts the tests.
 */
export async function testCommand(args: string[]): Promise<void> {
  const set = InstanceSet.open('test')
  if (args.includes('--keep')) keepServices(set, true)
  const results = path.join(set.folder, `results-${process.pid}.json`)
  let exitCode = 1
  try {
    const provided = await provideServices(set, (sentence) => console.error(sentence))
    try {
      const env = await testEnvironment(set, provided)
      exitCode = await runJest([`--json`, `--outputFile=${results}`, ...args.filter((arg) => arg !== '--keep')], env)
    } finally {
      await provided.release()
    }
  } finally {
    process.exitCode = exitCode
    console.log(readSummary(results, exitCode))
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

/** Ctrl-C reaches Jest by itself, and we stay to put things back; SIGTERM is passed on. */
function runJest(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const jest = path.join(PROJECT, 'node_modules/jest/bin/jest.js')
  const child = spawn(process.execPath, [jest, ...args], { cwd: PROJECT, env, stdio: 'inherit' })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}
