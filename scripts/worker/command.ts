import { spawn } from 'node:child_process'
import { environment, TYPESCRIPT } from '../start/processes.ts'
import { InstanceSet, migrate, PROJECT, provideServices } from '../services/index.ts'

/**
 * Runs reactions in a process of their own, on the services of the environment or else on those of npm start.
 * @returns the exit code of that process
 */
export async function workerCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--list')) return runWorkerProcess(args, {})
  const set = InstanceSet.open('dev')
  const { urls, release } = await provideServices(set, (sentence) => process.stderr.write(`${sentence}\n`))
  try {
    await migrate(urls.postgres)
    return await runWorkerProcess(args, environment({ urls, ...surroundings(set) }))
  } finally {
    await release()
  }
}

/** The mail catcher and the gateway of npm start, where the environment names no others. */
function surroundings({ state: { ports } }: InstanceSet) {
  const { SMTP_URL, PAYMENT_GATEWAY_URL } = process.env
  return {
    smtpUrl: SMTP_URL || (ports.smtp ? `smtp://127.0.0.1:${ports.smtp}` : ''),
    gatewayUrl: PAYMENT_GATEWAY_URL || (ports.gateway ? `http://127.0.0.1:${ports.gateway}` : ''),
    port: 0,
  }
}

/** Ctrl-C reaches the process by itself; SIGTERM is passed on. We stay until it has finished its batch. */
function runWorkerProcess(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [...TYPESCRIPT, 'src/main/worker.ts', ...args], {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}
