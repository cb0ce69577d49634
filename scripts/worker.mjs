// npm run worker -- <reaction or folder>… : any set of reactions in one process; --list shows what there is.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
await importTypeScript('src/main/worker.ts')
