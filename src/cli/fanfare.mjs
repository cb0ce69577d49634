#!/usr/bin/env node
// The operators' command line. Node 24 runs the TypeScript sources as they are, Node 20 by tsx.
if (!process.features.typescript) (await import('tsx/esm/api')).register()
// Whoever reads may have read enough: fanfare story … | head
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1))
const { fanfare } = await import('./fanfare.ts')
process.exitCode = await fanfare(process.argv.slice(2), { env: process.env })
