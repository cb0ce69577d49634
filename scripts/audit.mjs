// npm run audit: see scripts/audit/command.ts, or npm run audit -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { auditCommand } = await importTypeScript('scripts/audit/command.ts')
process.exitCode = await auditCommand(process.argv.slice(2))
