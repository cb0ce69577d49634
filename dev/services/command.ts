import { rmSync } from 'node:fs'
import { didYouMean } from '../../src/cli/terminal/suggest.ts'
import { commandLine, parse } from '../command-line.ts'
import { SERVICE_NAMES, SERVICES, type ServiceName } from './contract.ts'
import { SetupError } from '../project.ts'
import { DockerServices, hasDockerEngine } from './docker.ts'
import { InstanceSet } from './instance-set.ts'
import { isAnswering } from './answering.ts'
import { isKept, keep, users } from './leases.ts'
import { PRIVATE } from './private/index.ts'
import { provideServices } from './provide.ts'

/** The command line over one set of services. @returns the exit code */
export function servicesCommand(args: string[]): Promise<number> {
  const program = commandLine(
    'npm run services --',
    'PostgreSQL, RabbitMQ and Redis of npm start, npm test and others.',
  )
    .option('--set <name>', 'whose: dev of npm start, test of npm test, …', 'dev')
    .addHelpText('after', EXAMPLES)
  const add = (name: string, description: string, act: (set: InstanceSet, ...given: string[]) => Promise<void>) =>
    program
      .command(name)
      .description(description)
      .action((...given: string[]) => act(openSet(program.opts<{ set: string }>().set), ...given))
  add('urls', 'print the URLs of what runs as export lines', urls)
  add('up', 'start them, keep them running until down, and print their URLs', up)
  add('status', 'tell what runs', status)
  add('down', 'stop what was started; the data stays', down)
  add('reset [service]', 'stop all and delete their data; or that of postgres, rabbitmq or redis alone', reset)
  return parse(program, args)
}

const EXAMPLES = `
Examples:
  eval "$(npm run --silent services -- urls)"     DATABASE_URL and the others for this shell
  npm run services -- reset rabbitmq              an empty broker: what it held is delivered again`

/** A name and no path, since `reset` deletes the folder of that name. */
function openSet(name: string): InstanceSet {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new SetupError(`--set ${name} is no name of a set: small letters, digits and hyphens make one.`)
  return InstanceSet.open(name)
}

async function up(set: InstanceSet): Promise<void> {
  const { urls: found, release } = await provideServices(set, (sentence) => console.error(sentence))
  keep(set, true)
  for (const name of SERVICE_NAMES) console.log(`export ${SERVICES[name].variable}='${found[name]}'`)
  await release()
  console.error('They keep running until npm run services -- down, also when npm start ends.')
}

async function urls(set: InstanceSet): Promise<void> {
  const docker = hasDockerEngine() ? new DockerServices(set) : undefined
  const inDocker = docker?.running() ?? []
  const found = SERVICE_NAMES.map((name) => {
    const url = process.env[SERVICES[name].variable]
    if (url) return url
    if (docker && inDocker.includes(name)) return docker.url(name)
    if (PRIVATE[name].isRunning(set)) return PRIVATE[name].url(set)
    throw new SetupError(`${SERVICES[name].title} is not running: npm start starts it, or npm run services -- up.`)
  })
  for (const [i, name] of SERVICE_NAMES.entries()) console.log(`export ${SERVICES[name].variable}='${found[i]}'`)
}

async function status(set: InstanceSet): Promise<void> {
  const inDocker = hasDockerEngine() ? new DockerServices(set).running() : []
  for (const name of SERVICE_NAMES)
    console.log(`${SERVICES[name].title.padEnd(11)} ${await stateOf(name, set, inDocker)}`)
  const others = users(set)
  if (others.length > 0) console.log(`in use by process ${others.join(', ')}`)
  if (isKept(set)) console.log('kept running until npm run services -- down')
}

async function stateOf(name: ServiceName, set: InstanceSet, inDocker: string[]): Promise<string> {
  const given = process.env[SERVICES[name].variable]
  if (given)
    return `${(await isAnswering(name, given)) ? 'answers' : 'does not answer'} at ${withoutPassword(given)} (given)`
  if (inDocker.includes(name)) return `runs in Docker at ${withoutPassword(new DockerServices(set).url(name))}`
  if (!PRIVATE[name].isRunning(set)) return 'is not running'
  const url = PRIVATE[name].url(set)
  return `${(await isAnswering(name, url)) ? 'runs' : 'runs but does not answer'} at ${withoutPassword(url)}`
}

async function down(set: InstanceSet): Promise<void> {
  keep(set, false)
  const others = users(set)
  if (others.length > 0) throw new SetupError(`Process ${others.join(', ')} uses them: stop it first (Ctrl-C).`)
  await Promise.all(SERVICE_NAMES.map((name) => PRIVATE[name].stop(set)))
  if (hasDockerEngine()) await new DockerServices(set).stop([...SERVICE_NAMES])
  console.log('stopped')
}

async function reset(set: InstanceSet, service?: string): Promise<void> {
  if (typeof service === 'string') return resetOne(set, service)
  await down(set)
  await Promise.all(SERVICE_NAMES.map((name) => PRIVATE[name].wipe(set)))
  if (hasDockerEngine()) await new DockerServices(set).wipe()
  rmSync(set.folder, { recursive: true, force: true })
  console.log('data deleted')
}

async function resetOne(set: InstanceSet, given: string): Promise<void> {
  const name = SERVICE_NAMES.find((one) => one === given)
  if (!name) throw new SetupError(`There is no service ${given}.${didYouMean(given, SERVICE_NAMES)}`)
  await down(set)
  await PRIVATE[name].wipe(set)
  console.log(`the data of ${SERVICES[name].title} is deleted`)
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  shown.password = shown.password && '***'
  return shown.href
}
