// npm run keys -- create <name> | revoke <name> | list: the keys of API clients.
import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { keysCommand } = await importTypeScript('scripts/keys/command.ts')
await run(keysCommand(process.argv.slice(2)))
