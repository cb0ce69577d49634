// npm run openapi: the document of the API as a file, what linters say of it, and the typed client that is made from it.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT, SetupError } from '../project.ts'
import { clientIsOld, writeClient } from './client.ts'
import { theDocument } from './document.ts'
import { lint } from './lint.ts'
import { writePage } from './page.ts'

const USAGE = `npm run openapi -- document [file]   writes the OpenAPI document (openapi.json)
npm run openapi -- client            makes examples/client/schema.ts from it
npm run openapi -- page              gets Scalar, which shows the document under /docs
npm run openapi -- check             Redocly and Spectral find nothing, and the client is that of the document`

/** @returns the exit code */
export async function openapiCommand([what, file = 'openapi.json', ...rest]: string[]): Promise<number> {
  if (rest.length > 0) throw new SetupError(USAGE)
  if (what === 'document') return write(file)
  if (what === 'client') return writeClient()
  if (what === 'page') return writePage()
  if (what === 'check') return check()
  throw new SetupError(USAGE)
}

function write(file: string): number {
  writeFileSync(file, `${JSON.stringify(theDocument(), null, 2)}\n`)
  return 0
}

async function check(): Promise<number> {
  const file = path.join(PROJECT, '.fanfare/openapi.json')
  mkdirSync(path.dirname(file), { recursive: true })
  write(file)
  const findings = await lint(file, theDocument())
  if (clientIsOld())
    findings.push('examples/client/schema.ts is not that of this document: npm run openapi -- client makes it')
  for (const finding of findings) console.log(finding)
  return findings.length === 0 ? 0 : 1
}
