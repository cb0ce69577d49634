// npm run reconcile: see scripts/reconcile/command.ts, or npm run reconcile -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { reconcileCommand } = await importTypeScript('scripts/reconcile/command.ts')
process.exitCode = await reconcileCommand(process.argv.slice(2))
