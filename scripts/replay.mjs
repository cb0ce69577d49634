// npm run replay: see scripts/recovery/replay.ts, or npm run replay -- --help.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { replayCommand } = await importTypeScript('scripts/recovery/replay.ts')
process.exitCode = await replayCommand(process.argv.slice(2))
