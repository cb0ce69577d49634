// npm run reconcile: see scripts/recovery/reconcile.ts, or npm run reconcile -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { reconcileCommand } = await importTypeScript('scripts/recovery/reconcile.ts')
process.exitCode = await reconcileCommand(process.argv.slice(2))
