import { existsSync, readdirSync, statSync } from 'node:fs'
import { runTool } from './run-tool.ts'
import { migrationDrift } from './migration-drift.ts'

export interface Result {
  outcome: 'ok' | 'failed' | 'skipped'
  /** What the tool said; for a skipped step, why. */
  output: string
}

export interface Step {
  name: string
  what: string
  check(): Promise<Result>
}

const CRUISED = ['src', 'workers', 'dev', 'examples', 'sandbox', 'test', 'bench', 'prisma', 'tools']

const EVENTS_CHECK = ['fanfare', 'events', 'check']

const OPENAPI_CHECK = ['openapi', 'check']

const tool = (name: string, what: string, command: string, ...args: string[]): Step => ({
  name,
  what,
  check: async () => verdictOf(await runTool(command, args)),
})

const verdictOf = ({ code, output }: { code: number; output: string }): Result => ({
  outcome: code === 0 ? 'ok' : 'failed',
  output,
})

/** The generated client is not in the repository, and the types of everything depend on it. */
async function freshClient(): Promise<Result> {
  const client = 'src/generated/prisma/client.ts'
  const schemas = readdirSync('prisma').filter((file) => file.endsWith('.prisma'))
  const newest = Math.max(...schemas.map((file) => statSync(`prisma/${file}`).mtimeMs))
  if (existsSync(client) && statSync(client).mtimeMs >= newest) return { outcome: 'ok', output: '' }
  return verdictOf(await runTool('prisma', ['generate']))
}

async function checkedSchema(): Promise<Result> {
  const valid = await runTool('prisma', ['validate'])
  return verdictOf(valid.code === 0 ? await runTool('prisma', ['format', '--check']) : valid)
}

async function checkedMigrations(): Promise<Result> {
  const server = process.env['TEST_DATABASE_URL'] ?? process.env['DATABASE_URL']
  if (!server)
    return { outcome: 'skipped', output: 'set DATABASE_URL to compare migrations and schema (npm test does it anyway)' }
  const drift = await migrationDrift(server)
  return { outcome: drift === undefined ? 'ok' : 'failed', output: drift ?? '' }
}

export const steps: readonly Step[] = [
  { name: 'client', what: 'the generated Prisma client is that of the schema', check: freshClient },
  tool('types', 'tsc --noEmit', 'tsc', '--noEmit'),
  tool('console', 'the types of the browser code', 'tsc', '--project', 'console'),
  tool('lint', 'oxlint, with type information', 'oxlint'),
  tool('format', 'prettier --check .', 'prettier', '--check', '--log-level', 'warn', '.'),
  tool('imports', 'who may import whom', 'depcruise', '--output-type', 'err-long', ...CRUISED.filter(existsSync)),
  tool('dead code', 'knip: files, exports and packages nobody uses', 'knip', '--no-progress'),
  tool('lockfile', 'fits package.json, complete for every platform', process.execPath, 'tools/check-lock.mjs'),
  tool('peers', 'their lockfile, likewise', process.execPath, 'tools/check-lock.mjs', 'bench/peers'),
  tool('events', 'their published versions stay readable', process.execPath, 'dev/run.mjs', ...EVENTS_CHECK),
  tool('openapi', 'Redocly, Spectral, and the client', process.execPath, 'dev/run.mjs', ...OPENAPI_CHECK),
  { name: 'schema', what: 'prisma validate, prisma format --check', check: checkedSchema },
  { name: 'migrations', what: 'the migrations make exactly the schema', check: checkedMigrations },
]
