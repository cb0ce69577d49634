import { say } from '../../src/cli/terminal/output.ts'
import {
  provideServices,
  SERVICE_NAMES,
  SERVICES,
  watchServices,
  whyKept,
  type InstanceSet,
  type Provided,
  type ServiceName,
  type ServiceUrls,
} from '../services/index.ts'
import type { Console } from './console.ts'
import { prepareDatabase } from './database.ts'
import type { Steps } from './steps.ts'

interface Surrounding {
  set: InstanceSet
  console: Console
  isProduction: boolean
  signal: AbortSignal
  /** Called at each failure of a start, while the services that did start are still there. */
  onFailure: (error: Error) => void
}

/** PostgreSQL, RabbitMQ and Redis under `npm start`: the steps in which they come up are told, and their ends. */
export class SystemServices {
  readonly #given: Surrounding
  #provided: Promise<Provided> | undefined
  #endWatch = async () => {}

  constructor(given: Surrounding) {
    this.#given = given
  }

  /**
   * Begins to start them. `answering` resolves when all of them answer; `known` before that, when the database is ready and the
   * URLs of the others are settled: what loads for seconds before it needs them can begin then.
   * @throws SetupError saying what to do, from both; from `known` at the first failure
   */
  start(steps: Steps): { known: Promise<ServiceUrls>; answering: Promise<unknown> } {
    steps.tell('starting PostgreSQL, RabbitMQ and Redis')
    steps.begin(...SERVICE_NAMES.map((name) => SERVICES[name].title), 'the database')
    const known = new Promise<ServiceUrls>((onKnown, onFailure) => {
      this.#provided = this.#provide(steps, onKnown, onFailure)
    })
    const answering = this.#provided!
    answering.catch(() => {}) // told to whoever waits for it
    return { known: Promise.race([known, answering.then(({ urls }) => urls)]), answering }
  }

  #provide(steps: Steps, onKnown: (urls: ServiceUrls) => void, onUnknown: (error: Error) => void): Promise<Provided> {
    const { set, console, signal, onFailure } = this.#given
    const urls: Partial<ServiceUrls> = {}
    let isPrepared = false
    const tellWhenKnown = () => {
      if (isPrepared && SERVICE_NAMES.every((name) => urls[name])) onKnown(urls as ServiceUrls)
    }
    return provideServices(set, (sentence) => steps.tell(sentence), {
      signal,
      onFailure(error) {
        onFailure(error)
        onUnknown(error) // a migration under way may take longer
      },
      onUrl: (name, url) => {
        console.serviceStarts(SERVICES[name].title)
        urls[name] = url
        tellWhenKnown()
      },
      onAnswer: async (name, url) => {
        console.serviceStarted(SERVICES[name].title)
        steps.done(SERVICES[name].title, `${SERVICES[name].title} answers`)
        if (name !== 'postgres') return
        steps.done('the database', `the database is ${await prepareDatabase(url, this.#given)}`)
        isPrepared = true
        tellWhenKnown()
      },
    })
  }

  /** From now on those of our own are started again when they end. */
  async watch(): Promise<void> {
    const { set, console } = this.#given
    const { origin } = await this.#provided!
    const names = SERVICE_NAMES.filter((name) => origin[name] === 'private')
    this.#endWatch = watchServices(set, names, {
      onDown: (name, end) => console.serviceDown(SERVICES[name].title, end),
      onUp: (name) => console.serviceUp(SERVICES[name].title),
      onFailure: (name, error) => say(`[${SERVICES[name].title}] does not start, and is tried again: ${error.message}`),
    })
  }

  /** What ends from now on stays ended. */
  endWatch(): Promise<void> {
    return this.#endWatch()
  }

  /** Stops those that nobody else uses. @returns a sentence about those that keep running, if some do */
  async release(): Promise<string | undefined> {
    const provided = await this.#provided?.catch(() => undefined)
    await provided?.release()
    const isOurs = (name: ServiceName) => provided && provided.origin[name] !== 'environment'
    const ours = SERVICE_NAMES.filter(isOurs)
    const why = whyKept(this.#given.set)
    if (ours.length === 0 || !why) return undefined
    return `${ours.map((name) => SERVICES[name].title).join(', ')} keep running: ${why}.`
  }
}
