import path from 'node:path'
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
type OnAnswer = (name: ServiceName, url: string) => Promise<void>

interface Wishes {
  /** Which services. @default all three */
  names?: readonly ServiceName[]
  /** Called as soon as one service answers, and awaited. */
  onAnswer?: OnAnswer
}

/**
 * Provides each service from the first source that can: the URL in the environment, a Docker engine, installed
 * binaries (after installing Debian's packages where that is possible). Resolves when all answer.
 * @throws SetupError saying what to do when there is no source
 */
export async function provideServices(
  set: InstanceSet,
  say: Say,
  { names = SERVICE_NAMES, onAnswer = async () => {} }: Wishes = {},
): Promise<Provided> {
  const given = names.filter((name) => process.env[SERVICES[name].variable])
  const wanted = names.filter((name) => !given.includes(name))
  const release = (docker?: DockerServices) =>
    exclusively(set, async () => {
      if (giveUpLease(set)) await stopServices(set, docker, wanted)
    })
  try {
    const started = exclusively(set, async () => {
      takeLease(set)
      return startWanted(set, wanted, say, onAnswer)
    })
    const [docker] = await Promise.all([started, ...given.map((name) => expectAnswer(name, onAnswer))])
    return { ...describe(set, docker, wanted), release: () => release(docker) }
  } catch (error) {
    await release()
    throw error
  }
}

/** Several runs may share a set: they start and stop its services one at a time. */
function exclusively<T>(set: InstanceSet, work: () => Promise<T>): Promise<T> {
  return withLock(path.join(set.folder, 'services.lock'), work)
}

async function startWanted(set: InstanceSet, wanted: ServiceName[], say: Say, onAnswer: OnAnswer) {
  if (wanted.length === 0) return undefined
  const run = wanted.every((name) => PRIVATE[name].isRunning(set))
  const docker = run ? undefined : await startInDocker(set, wanted, say)
  if (docker) await Promise.all(wanted.map((name) => onAnswer(name, docker.url(name))))
  else await startPrivately(set, wanted, say, onAnswer)
  return docker
}

async function startInDocker(set: InstanceSet, wanted: ServiceName[], say: Say): Promise<DockerServices | undefined> {
  if (!hasDockerEngine()) return undefined
  const docker = new DockerServices(set)
  try {
    await docker.up(wanted)
    return docker
  } catch (error) {
    say(`Docker could not start the services (${(error as Error).message}), so the installed ones are used.`)
    return undefined
  }
}

async function startPrivately(set: InstanceSet, wanted: ServiceName[], say: Say, onAnswer: OnAnswer): Promise<void> {
  const missing = wanted.filter((name) => !PRIVATE[name].isInstalled())
  const installing = missing.length > 0 ? install(missing, say) : undefined
  await Promise.all(
    wanted.map(async (name) => {
      if (missing.includes(name)) await installing
      await PRIVATE[name].start(set)
      await onAnswer(name, PRIVATE[name].url(set))
    }),
  )
}

async function install(missing: ServiceName[], say: Say): Promise<void> {
  if (!canInstallPackages()) throw new SetupError(choices(missing))
  say(`Installing ${packagesOf(missing).join(', ')} with apt-get (their system services stay off) …`)
  await installPackages(missing).catch((error: Error) => {
    throw new SetupError(`apt-get could not install them: ${error.message}\n${choices(missing)}`)
  })
  const absent = missing.filter((name) => !PRIVATE[name].isInstalled())
  if (absent.length > 0) throw new SetupError(choices(absent))
}

function choices(missing: ServiceName[]): string {
  const titles = missing.map((name) => SERVICES[name].title).join(', ')
  const variables = missing.map((name) => SERVICES[name].variable).join(', ')
  return `Not installed: ${titles}; and no Docker engine answers. Choose one:
  Docker          start it, and run this again
  Debian, Ubuntu  sudo apt-get install ${packagesOf(missing).join(' ')}
  macOS           brew install postgresql@17 rabbitmq redis
  elsewhere       set ${variables} to running ones`
}

async function expectAnswer(name: ServiceName, onAnswer: OnAnswer): Promise<undefined> {
  const { variable, title } = SERVICES[name]
  const url = process.env[variable] as string
  const silence = await silenceOf(name, url)
  if (silence !== undefined)
    throw new SetupError(`${variable} is set, but ${title} does not answer there (${silence}): start it, or unset it.`)
  await onAnswer(name, url)
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
