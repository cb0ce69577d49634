import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { silenceOf } from './answering.ts'
import { canInstallPackages, installPackages, packagesOf } from './private/apt.ts'
import { SERVICE_NAMES, SERVICES, type ServiceName, type ServiceUrls } from './contract.ts'
import { SetupError } from '../project.ts'
import { DockerServices, hasDockerEngine } from './docker.ts'
import type { InstanceSet } from './instance-set.ts'
import { giveUpLease, takeLease } from './leases.ts'
import { withLock } from '../processes/lock.ts'
import { PRIVATE } from './private/index.ts'

export type Origin = 'environment' | 'docker' | 'private'

export interface Provided {
  urls: ServiceUrls
  origin: Record<ServiceName, Origin>
  /** Stops what was started, unless someone else still uses it. */
  release(): Promise<void>
}

type Say = (sentence: string) => void

interface Wishes {
  /** Which services. @default all three */
  names?: readonly ServiceName[]
  /** Called as soon as the URL of one service is settled; it may not answer there yet. */
  onUrl?: (name: ServiceName, url: string) => void
  /** Called as soon as one service answers, and awaited. */
  onAnswer?: (name: ServiceName, url: string) => Promise<void>
  /** Called at each failure, before the services that did start are stopped again. */
  onFailure?: (error: Error) => void
  /** Aborted, it ends what is being started. */
  signal?: AbortSignal
}

/** What a start needs to know. */
interface Start extends Required<Omit<Wishes, 'names' | 'signal'>> {
  set: InstanceSet
  say: Say
  /** Those that the environment does not give. */
  wanted: ServiceName[]
  signal: AbortSignal | undefined
}

/**
 * Provides each service from the first source that can: the URL in the environment, a Docker engine, installed
 * binaries (after installing Debian's packages where that is possible). Resolves when all answer.
 * @throws SetupError saying what to do when there is no source; the signal's reason when it is aborted. Nothing is left behind
 */
export async function provideServices(
  set: InstanceSet,
  say: Say,
  { names = SERVICE_NAMES, onUrl = () => {}, onAnswer = async () => {}, onFailure = () => {}, signal }: Wishes = {},
): Promise<Provided> {
  const given = names.filter((name) => process.env[SERVICES[name].variable])
  const wanted = names.filter((name) => !given.includes(name))
  const start = { set, say, wanted, onUrl, onAnswer, onFailure, signal }
  const release = (docker?: DockerServices) =>
    exclusively(set, async () => {
      if (giveUpLease(set)) await stopServices(set, docker, wanted)
    })
  const started = exclusively(
    set,
    async () => {
      takeLease(set)
      return startWanted(start)
    },
    signal,
  )
  try {
    const [docker] = await untilAllEnded([started, ...given.map((name) => expectAnswer(name, start))], onFailure)
    return { ...describe(set, docker, wanted), release: () => release(docker) }
  } catch (error) {
    await release()
    throw error
  }
}

/** Like Promise.all, but nothing goes on behind the back of whoever is told of the first failure. */
async function untilAllEnded<T extends readonly Promise<unknown>[] | []>(
  work: T,
  onFailure: (error: Error) => void,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  for (const one of work) one.catch(onFailure)
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** Several runs may share a set: they start and stop its services one at a time. */
function exclusively<T>(set: InstanceSet, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const current = () => {
    set.refresh()
    return work()
  }
  return withLock(path.join(set.folder, 'services.lock'), current, signal)
}

async function startWanted(start: Start): Promise<DockerServices | undefined> {
  const { set, wanted } = start
  if (wanted.length === 0) return undefined
  const run = wanted.every((name) => PRIVATE[name].isRunning(set))
  const docker = run ? undefined : await startInDocker(start)
  if (docker)
    await untilAllEnded(
      wanted.map((name) => answered(name, docker.url(name), start)),
      start.onFailure,
    )
  else await startPrivately(start)
  return docker
}

async function answered(name: ServiceName, url: string, { onUrl, onAnswer }: Start): Promise<void> {
  onUrl(name, url)
  await onAnswer(name, url)
}

async function startInDocker({ set, wanted, say, signal }: Start): Promise<DockerServices | undefined> {
  if (!hasDockerEngine()) return undefined
  const docker = new DockerServices(set)
  try {
    await docker.up(wanted, signal)
    return docker
  } catch (error) {
    signal?.throwIfAborted()
    say(`Docker could not start the services (${(error as Error).message}), so the installed ones are used.`)
    return undefined
  }
}

async function startPrivately({ set, wanted, say, onUrl, onAnswer, onFailure, signal }: Start): Promise<void> {
  const missing = wanted.filter((name) => !PRIVATE[name].isInstalled())
  const installing = missing.length > 0 ? install(missing, say, signal) : undefined
  await untilAllEnded(
    wanted.map(async (name) => {
      if (missing.includes(name)) await installing
      await PRIVATE[name].start(set, signal, () => onUrl(name, PRIVATE[name].url(set)))
      await onAnswer(name, PRIVATE[name].url(set))
    }),
    onFailure,
  )
}

async function install(missing: ServiceName[], say: Say, signal: AbortSignal | undefined): Promise<void> {
  if (!canInstallPackages() || process.env['FANFARE_APT'] === 'no') throw new SetupError(choices(missing))
  await announceInstallation(missing, say, signal)
  await installPackages(missing, signal).catch((error: Error) => {
    signal?.throwIfAborted()
    throw new SetupError(`apt-get could not install them: ${error.message}\n${choices(missing)}`)
  })
  const absent = missing.filter((name) => !PRIVATE[name].isInstalled())
  if (absent.length > 0) throw new SetupError(choices(absent))
}

const THINK_S = 5

/** This changes the machine: it is said before, with the way to avoid it; who sits at a terminal gets time for that. */
async function announceInstallation(missing: ServiceName[], say: Say, signal: AbortSignal | undefined): Promise<void> {
  const isWatched = process.stdin.isTTY && process.stdout.isTTY
  const when = isWatched ? `in ${THINK_S} s` : 'now'
  say(
    `Not installed: ${titlesOf(missing)}. apt-get installs ${packagesOf(missing).join(', ')} ${when}; their system services stay off.
To avoid that: start Docker, or set ${variablesOf(missing)}; FANFARE_APT=no never installs anything.`,
  )
  if (isWatched) await wait(THINK_S * 1_000, undefined, signal && { signal })
}

const titlesOf = (names: readonly ServiceName[]) => names.map((name) => SERVICES[name].title).join(', ')
const variablesOf = (names: readonly ServiceName[]) => names.map((name) => SERVICES[name].variable).join(', ')

function choices(missing: ServiceName[]): string {
  return `Not installed: ${titlesOf(missing)}; and no Docker engine answers. Choose one:
  Docker          start it, and run this again
  Debian, Ubuntu  sudo apt-get install ${packagesOf(missing).join(' ')}
  macOS           brew install postgresql@17 rabbitmq redis
  elsewhere       set ${variablesOf(missing)} to running ones`
}

async function expectAnswer(name: ServiceName, start: Start): Promise<undefined> {
  const { variable, title } = SERVICES[name]
  const url = process.env[variable] as string
  const silence = await silenceOf(name, url)
  if (silence !== undefined)
    throw new SetupError(`${variable} is set, but ${title} does not answer there (${silence}): start it, or unset it.`)
  await answered(name, url, start)
}

function describe(
  set: InstanceSet,
  docker: DockerServices | undefined,
  wanted: ServiceName[],
): Omit<Provided, 'release'> {
  const urlOf = (name: ServiceName) => {
    if (!wanted.includes(name)) return process.env[SERVICES[name].variable] ?? ''
    return docker ? docker.url(name) : PRIVATE[name].url(set)
  }
  const originOf = (name: ServiceName): Origin => {
    if (!wanted.includes(name)) return 'environment'
    return docker ? 'docker' : 'private'
  }
  return { urls: forEachService(urlOf), origin: forEachService(originOf) }
}

async function stopServices(set: InstanceSet, docker: DockerServices | undefined, names: ServiceName[]): Promise<void> {
  if (docker) await docker.stop(names)
  else await Promise.all(names.map((name) => PRIVATE[name].stop(set)))
}

function forEachService<T>(value: (name: ServiceName) => T): Record<ServiceName, T> {
  return { postgres: value('postgres'), rabbitmq: value('rabbitmq'), redis: value('redis') }
}
