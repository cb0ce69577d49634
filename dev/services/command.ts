import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SERVICE_NAMES, SERVICES, type ServiceName } from './contract.ts'
import { SetupError } from '../project.ts'
import { DockerServices, hasDockerEngine } from './docker.ts'
import { InstanceSet } from './instance-set.ts'
import { isAnswering } from './answering.ts'
import { isKept, keep, users } from './leases.ts'
import { PRIVATE } from './private/index.ts'
import { provideServices } from './provide.ts'

const USAGE = `npm run services -- <command> [--set dev|test]
  up      starts PostgreSQL, RabbitMQ and Redis, keeps them running and prints their URLs as export lines
  status  tells what runs
  down    stops what was started; the data stays
  reset   stops it and deletes its data`

/** The command line over one set of services. */
export async function servicesCommand(args: string[]): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { set: { type: 'string' } } })
  const commands: Record<string, (set: InstanceSet) => Promise<void>> = { up, status, down, reset }
  const command = commands[positionals[0] ?? '']
  if (!command || positionals.length > 1) throw new SetupError(USAGE)
  await command(openSet(values.set ?? 'dev'))
}

/** A name and no path, since `reset` deletes the folder of that name. */
function openSet(name: string): InstanceSet {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new SetupError(`--set ${name} is no name of a set: small letters, digits and hyphens make one.`)
  return InstanceSet.open(name)
}

async function up(set: InstanceSet): Promise<void> {
  const { urls, release } = await provideServices(set, (sentence) => console.error(sentence))
  keep(set, true)
  for (const name of SERVICE_NAMES) console.log(`export ${SERVICES[name].variable}='${urls[name]}'`)
  await release()
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

async function reset(set: InstanceSet): Promise<void> {
  await down(set)
  await Promise.all(SERVICE_NAMES.map((name) => PRIVATE[name].wipe(set)))
  if (hasDockerEngine()) await new DockerServices(set).wipe()
  rmSync(set.folder, { recursive: true, force: true })
  console.log('data deleted')
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  shown.password = shown.password && '***'
  return shown.href
}
