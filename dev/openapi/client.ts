import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runTool } from '../check/run-tool.ts'
import { PROJECT } from '../project.ts'
import { theDocument } from './document.ts'

const CLIENT = path.join(PROJECT, 'examples/client/schema.ts')
/** Not installed with this project: it needs a TypeScript of its own. */
const GENERATOR = ['--yes', '--package', 'openapi-typescript@7.13.0', '--package', 'typescript@5.9.3']
const FOR_OPERATORS = /^\/(v1\/(admin|clients|keys)|events)\b/

/** The types are made of this: the operations for clients, without examples, which change nothing in the types. */
function documentForClients(): string {
  const { paths, ...rest } = theDocument()
  const forClients = Object.fromEntries(Object.entries(paths).filter(([one]) => !FOR_OPERATORS.test(one)))
  const text = JSON.stringify({ ...rest, paths: forClients }, (key, value: unknown) =>
    key === 'example' || key === 'examples' ? undefined : value,
  )
  return onlyUsed(text)
}

/** Without schemas that only other operations use. */
function onlyUsed(text: string): string {
  const document = JSON.parse(text) as { components: { schemas: Record<string, unknown> } }
  const { schemas } = document.components
  for (;;) {
    const used = JSON.stringify(document)
    const unused = Object.keys(schemas).filter((name) => !used.includes(`"#/components/schemas/${name}"`))
    if (unused.length === 0) return used
    for (const name of unused) delete schemas[name]
  }
}

const stampOf = (document: string) =>
  `// Made by npm run openapi -- client, from document ${createHash('sha256').update(document).digest('hex').slice(0, 16)}.\n`

export const clientIsOld = () =>
  !existsSync(CLIENT) || !readFileSync(CLIENT, 'utf8').startsWith(stampOf(documentForClients()))

/** @returns the exit code */
export async function writeClient(): Promise<number> {
  const document = documentForClients()
  const source = path.join(PROJECT, '.fanfare/client/openapi.json')
  mkdirSync(path.dirname(source), { recursive: true })
  writeFileSync(source, document)
  const made = source.replace(/json$/, 'ts')
  const { code, output } = await runTool('/usr/bin/env', [
    'npx',
    ...GENERATOR,
    'openapi-typescript',
    source,
    '-o',
    made,
  ])
  if (code !== 0) console.error(output)
  else writeFileSync(CLIENT, stampOf(document) + readFileSync(made, 'utf8'))
  return code
}
