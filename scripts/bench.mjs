import { importTypeScript, prepare, run } from './prepare.mjs'

prepare()
const { benchCommand } = await importTypeScript('bench/command.ts')
await run(benchCommand(process.argv.slice(2)).then((code) => process.exit(code)))
