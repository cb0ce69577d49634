// The lint rules that carry a promise of the architecture, tried with the real configuration.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(__dirname, '..')
const READS = `export const home = process.env['HOME']\n`
const CASTS = `import type { Transaction } from '#platform/database'
export const read = (tx: Transaction) => tx.$queryRaw<{ a: number }[]>\`SELECT 1::bigint AS a\`\n`

const plants: [file: string, source: string, broken: string[]][] = [
  ['src/api/reads.ts', READS, ['node(no-process-env)']],
  ['workers/mail/reads.ts', READS, ['node(no-process-env)']],
  [
    'src/main/imports.ts',
    `import { env } from 'node:process'\nexport const e = env\n`,
    ['eslint(no-restricted-imports)'],
  ],
  ['src/api/casts.ts', CASTS, ['eslint(no-restricted-properties)']],
  ['workers/mail/casts.ts', CASTS, ['eslint(no-restricted-properties)']],
  ['src/platform/database/statements/rows.ts', CASTS, []],
  ['src/platform/config.ts', READS, []],
  ['dev/prepare.ts', READS, []],
  [
    'src/api/forgets.ts',
    `const work = async () => {}\nexport const f = () => {\n  work()\n}\n`,
    ['typescript(no-floating-promises)'],
  ],
  ['src/api/any.ts', `export const f = (a: any) => a\n`, ['typescript(no-explicit-any)']],
  ['src/api/hidden.ts', `export type T = import('./any.ts').T\n`, ['typescript(consistent-type-imports)']],
  ['src/api/waits.ts', `export const a = await Promise.resolve(1)\n`, ['node(no-top-level-await)']],
  ['src/main/api.ts', `export const a = await Promise.resolve(1)\n`, []],
]

interface Diagnostic {
  code: string
  filename: string
}

describe('the lint rules', () => {
  let folder: string
  let found: Diagnostic[]

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lint-rules-'))
    for (const file of ['.oxlintrc.json', 'package.json', 'tsconfig.json'])
      cpSync(path.join(root, file), path.join(folder, file))
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    for (const [file, source] of plants) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), source)
    }
    const linted = spawnSync('node_modules/.bin/oxlint', ['--format', 'json'], { cwd: folder, encoding: 'utf8' })
    found = (JSON.parse(linted.stdout) as { diagnostics: Diagnostic[] }).diagnostics
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(plants)('%s', (file, _source, broken) => {
    expect(found.filter(({ filename }) => filename === file).map(({ code }) => code)).toEqual(broken)
  })
})
