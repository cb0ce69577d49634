import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { chaosCommand } = await importTypeScript('test/chaos/command.ts')
await run(chaosCommand(process.argv.slice(2), console.log).then((code) => (process.exitCode = code)))
process.exit() // an interrupted run leaves timers behind
