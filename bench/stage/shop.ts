import { isFree } from '../../scripts/services/index.ts'
import { TYPESCRIPT } from '../../scripts/start/processes.ts'
import type { BenchDatabase } from './databases.ts'
import type { Running } from './process.ts'
import type { Stage } from './stage.ts'

/** What our processes are told, whichever they are. */
export function environment(stage: Stage, database: BenchDatabase, namespace: string): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    RABBITMQ_URL: stage.urls.rabbitmq,
    REDIS_URL: stage.urls.redis,
    MESSAGING_NAMESPACE: namespace,
  }
}

/** One API process, ready to answer. */
export async function startApi(stage: Stage, database: BenchDatabase): Promise<{ process: Running; port: number }> {
  const port = await freePort()
  const env = { ...environment(stage, database, stage.namespace('api')), PORT: String(port) }
  const args = [...TYPESCRIPT, 'src/main/api.ts']
  return { process: await stage.start({ name: 'api', args, env, ready: 'listening on' }), port }
}

export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}
