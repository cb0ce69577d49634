// npm run replay: see scripts/replay/command.ts, or npm run replay -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { replayCommand } = await importTypeScript('scripts/replay/command.ts')
process.exitCode = await replayCommand(process.argv.slice(2))
