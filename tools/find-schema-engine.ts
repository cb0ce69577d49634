import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

const STAND_IN = path.join(import.meta.dirname, 'schema-engine.mjs')

/**
 * The program that migrates for Prisma's command line: Prisma's own native engine where it was downloaded into
 * node_modules/@prisma/engines and runs (it needs OpenSSL, which a slim image lacks). Otherwise schema-engine.mjs, which
 * speaks the same protocol on top of Prisma's own WASM build of that engine, so that every command works without a download.
 */
export function findSchemaEngine(engines: string): string {
  const downloaded = existsSync(engines) ? readdirSync(engines).filter((name) => name.startsWith('schema-engine-')) : []
  const runs = (file: string) => spawnSync(file, ['--version'], { timeout: 5_000 }).status === 0
  return downloaded.map((name) => path.join(engines, name)).find(runs) ?? STAND_IN
}
