import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { testCommand } = await importTypeScript('scripts/test/command.ts')
await run(testCommand(process.argv.slice(2)))
