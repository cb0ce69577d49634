import path from 'node:path'
import { warn } from './terminal/output.ts'

export type ServiceUrl = 'DATABASE_URL' | 'RABBITMQ_URL' | 'REDIS_URL'

/** What a command line stands on. In production that is the environment alone; in development services are found for it. */
export interface Host {
  /** Read for settings, and written where an option overrides one. */
  readonly env: NodeJS.ProcessEnv
  /** How a person calls a command: `dead-letters list` becomes `fanfare dead-letters list`. */
  call(words: string): string
  /** Sets those of the URLs that are missing in `env`, if it can. @returns what to do when the command has ended */
  provide(urls: readonly ServiceUrl[]): Promise<() => Promise<void>>
  /** Why the processes of a reaction do not run its code as it stands in the files, in one sentence; undefined when they do. */
  oldCode(reaction: string): string | undefined
  /** Runs a process of src/main until it ends. @returns its exit code */
  run(file: 'api' | 'relay' | 'scheduler' | 'worker', args: readonly string[]): Promise<number>
}

export { WORKERS } from '#platform/process/workers'

const PRODUCTION: Omit<Host, 'env'> = {
  call: (words) => `fanfare ${words}`.trimEnd(),
  provide: async () => async () => {},
  oldCode: () => undefined, // an image does not change
  async run(file, args) {
    process.argv = [process.argv[0]!, path.join(import.meta.dirname, `../main/${file}.ts`), ...args]
    await import(`../main/${file}.ts`) // it goes on by itself, and ends the process
    return Number(process.exitCode ?? 0)
  },
}

let current: Host = { ...PRODUCTION, env: {} }

export const useHost = (given: Partial<Host> & Pick<Host, 'env'>) => (current = { ...PRODUCTION, ...given })

/** The host of this command line: there is one for the life of the process. */
export const host = () => current

/** Before a reaction gets something to handle again: whoever has mended it would wonder why it fails again. */
export function tellOldCode(reaction: string): void {
  const old = current.oldCode(reaction)
  if (old) warn(old)
}
