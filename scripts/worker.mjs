// npm run worker -- <reaction or folder>… : any set of reactions in one process; --list shows what there is.
import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { workerCommand } = await importTypeScript('scripts/worker/command.ts')
await run(workerCommand(process.argv.slice(2)).then((code) => (process.exitCode = code)))
