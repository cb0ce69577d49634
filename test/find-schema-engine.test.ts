import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findSchemaEngine } from '../tools/find-schema-engine.ts'

let engines: string
beforeEach(() => (engines = mkdtempSync(path.join(tmpdir(), 'fanfare-engines-'))))
afterEach(() => rmSync(engines, { recursive: true }))

const engine = (name: string, exitCode: number) => {
  const file = path.join(engines, name)
  writeFileSync(file, `#!/bin/sh\nexit ${exitCode}\n`, { mode: 0o755 })
  return file
}

it("takes Prisma's own engine where it was downloaded and runs", () => {
  writeFileSync(path.join(engines, 'schema-engine-debian-openssl-3.0.x.sha256'), 'no program')
  const native = engine('schema-engine-debian-openssl-3.0.x', 0)
  expect(findSchemaEngine(engines)).toBe(native)
})

it('takes the stand-in where none was downloaded, and where it does not run', () => {
  const standIn = path.resolve(import.meta.dirname, '../tools/schema-engine.mjs')
  expect(findSchemaEngine(path.join(engines, 'absent'))).toBe(standIn)
  expect(findSchemaEngine(engines)).toBe(standIn)
  engine('schema-engine-debian-openssl-3.0.x', 127) // as without OpenSSL
  expect(findSchemaEngine(engines)).toBe(standIn)
})
