import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { servicesCommand } = await importTypeScript('scripts/services/command.ts')
await run(servicesCommand(process.argv.slice(2)))
