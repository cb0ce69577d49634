import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { startCommand } = await importTypeScript('scripts/start/command.ts')
await run(startCommand(process.argv.slice(2)))
