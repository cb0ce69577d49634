// npm run dead-letters -- list | groups | show | redrive | edit | discard | watch | history: messages reactions gave up on.
import { importTypeScript, prepare } from './prepare.mjs'

prepare()
const { deadLettersCommand } = await importTypeScript('scripts/dead-letters/command.ts')
process.exitCode = await deadLettersCommand(process.argv.slice(2))
