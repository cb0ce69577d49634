// npm run audit: see scripts/recovery/audit.ts, or npm run audit -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { auditCommand } = await importTypeScript('scripts/recovery/audit.ts')
process.exitCode = await auditCommand(process.argv.slice(2))
