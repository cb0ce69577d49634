// npm run import -- <file.csv>: a retail CSV becomes a catalogue and orders placed through the API.
import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { importCommand } = await importTypeScript('scripts/import/command.ts')
await run(importCommand(process.argv.slice(2)))
