// The one way into the commands of a developer: node dev/run.mjs <command> …, as package.json calls it.
import { endWith, importTypeScript, prepare } from './prepare.mjs'

/** Where each command is, and the name of its function: it takes the arguments, and may answer an exit code. */
const COMMANDS = {
  start: ['dev/start/command.ts', 'startCommand'],
  test: ['dev/test/command.ts', 'testCommand'],
  check: ['dev/check/command.ts', 'checkCommand'],
  footprint: ['dev/footprint/command.ts', 'footprintCommand'],
  services: ['dev/services/command.ts', 'servicesCommand'],
  fanfare: ['dev/fanfare/command.ts', 'fanfareCommand'],
  'build:console': ['dev/console/command.ts', 'buildConsoleCommand'],
  openapi: ['dev/openapi/command.ts', 'openapiCommand'],
  screenshots: ['dev/screenshots/command.ts', 'screenshotsCommand'],
  chaos: ['test/chaos/command.ts', 'chaosCommand'],
  bench: ['bench/command.ts', 'benchCommand'],
  rides: ['examples/rides/command.ts', 'ridesCommand'],
  import: ['examples/retail-import/command.ts', 'importCommand'],
}

/** These leave timers behind when they are interrupted. */
const ENDS_AT_ONCE = ['chaos', 'bench']

const [name, ...args] = process.argv.slice(2)
const [file, command] = COMMANDS[name]
await prepare().catch(endWith)
try {
  const code = await (await load(file))[command](args)
  if (typeof code === 'number') process.exitCode = code
} catch (error) {
  // Mistakes that a person can put right are one sentence.
  const expected = ['SetupError', 'StartupError'].includes(error?.name) || error?.code?.startsWith('ERR_PARSE_ARGS')
  console.error(expected ? error.message : error)
  process.exitCode = 1
}
/** The first time after an installation it takes seconds: everything is read for the first time. */
async function load(file) {
  const patience = setTimeout(() => console.error('Loading the command …'), 2_500)
  return importTypeScript(file).finally(() => clearTimeout(patience))
}
if (ENDS_AT_ONCE.includes(name)) process.exit()
