import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { runTool } from '../check/run-tool.ts'
import { PROJECT } from '../project.ts'

/** Installed it would bring 440 packages, which its one file has in it already. */
const SCALAR = '@scalar/api-reference@1.72.1'
const FILE = 'package/dist/browser/standalone.js'
const TARGET = path.join(PROJECT, 'src/api/openapi/page/scalar.js.gz')

/** npm compares the package with the registry's hash. @returns the exit code */
export async function writePage(): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'scalar-'))
  try {
    const packed = await runTool('/usr/bin/env', ['npm', 'pack', '--silent', '--pack-destination', folder, SCALAR])
    const archive = path.join(folder, packed.output.trim().split('\n').at(-1)!)
    const { code, output } = await runTool('/usr/bin/env', ['tar', '-xzf', archive, '-C', folder, FILE])
    if (code !== 0) console.error(packed.output + output)
    else writeFileSync(TARGET, gzipSync(readFileSync(path.join(folder, FILE)), { level: 9 }))
    return code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
