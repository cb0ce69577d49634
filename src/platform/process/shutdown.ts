import { readConfig, StartupError, type Config } from '../config.ts'
import { createLogger, type Logger } from '../log/logger.ts'
import { startTracing } from '../tracing/start-tracing.ts'
import { onStopSignal } from './stop-signals.ts'

type Release = () => Promise<unknown> | unknown

export interface ProcessContext {
  config: Config
  log: Logger
  /** Registers what must be released when the process stops; the last registered goes first. */
  onStop(release: Release): void
}

/**
 * Runs a process until SIGTERM or SIGINT, then releases what was registered, last first, and exits 0.
 * Exits 1 when a release fails or everything together takes longer than 25 seconds.
 * A StartupError is printed as its one sentence; any other error with its stack.
 */
export async function runProcess(service: string, start: (context: ProcessContext) => Promise<unknown>): Promise<void> {
  const config = orExit(readConfig)
  const log = createLogger(service, config.LOG_LEVEL)
  const releases: Release[] = []
  let stopping = false
  const stop = async (signal: string, code: number) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => exitNow(log, 'did not stop in time'), GRACE_MS).unref()
    for (const release of releases.reverse()) {
      await Promise.resolve(release()).catch((err: unknown) => {
        code = 1
        log.error({ err }, 'a release failed while stopping')
      })
    }
    log.info('stopped')
    process.exit(code)
  }
  onStopSignal((signal) => void stop(signal, 0))
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection')
    void stop('unhandledRejection', 1)
  })
  try {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: sampler } = config
    releases.push(await startTracing({ endpoint, service, sampler }))
    await start({ config, log, onStop: (release) => void releases.push(release) })
  } catch (error) {
    if (error instanceof StartupError) sayAndExit(error)
    log.fatal({ err: error }, 'could not start')
    process.exit(1)
  }
}

const GRACE_MS = 25_000

function orExit<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    return endWithSentence(error)
  }
}

/** Prints a StartupError as its one sentence and exits 1; throws any other error again. */
export function endWithSentence(error: unknown): never {
  if (error instanceof StartupError) sayAndExit(error)
  throw error
}

function sayAndExit(error: StartupError): never {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

function exitNow(log: Logger, why: string): never {
  log.error(why)
  process.exit(1)
}
