#!/usr/bin/env node
// The operators' command line. Node 24 runs the TypeScript sources as they are, Node 20 by tsx.
if (!process.features.typescript) (await import('tsx/esm/api')).register()
const { fanfare } = await import('./fanfare.ts')
process.exitCode = await fanfare(process.argv.slice(2), { env: process.env })
