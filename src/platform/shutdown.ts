import type { Logger } from './logger.ts'
import { StartupError } from './config.ts'

type Release = () => Promise<unknown> | unknown

/**
 * Runs a process until SIGTERM or SIGINT, then releases what was registered, last first, and exits 0.
 * Exits 1 when a release fails or everything together takes longer than `graceMs` (default 25 seconds).
 * A StartupError is printed as its one sentence; any other error with its stack.
 */
export async function runProcess(
  log: Logger,
  start: (onStop: (release: Release) => void) => Promise<unknown>,
  graceMs = 25_000,
): Promise<void> {
  const releases: Release[] = []
  let stopping = false
  const stop = async (signal: string, code: number) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => exitNow(log, 'did not stop in time'), graceMs).unref()
    for (const release of releases.reverse()) {
      await Promise.resolve(release()).catch((err: unknown) => {
        code = 1
        log.error({ err }, 'a release failed while stopping')
      })
    }
    log.info('stopped')
    process.exit(code)
  }
  process.once('SIGTERM', () => void stop('SIGTERM', 0))
  process.once('SIGINT', () => void stop('SIGINT', 0))
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection')
    void stop('unhandledRejection', 1)
  })
  try {
    await start((release) => releases.push(release))
  } catch (error) {
    if (error instanceof StartupError) process.stderr.write(`${error.message}\n`)
    else log.fatal({ err: error }, 'could not start')
    process.exit(1)
  }
}

function exitNow(log: Logger, why: string): never {
  log.error(why)
  process.exit(1)
}
