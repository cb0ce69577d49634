import type { Command } from 'commander'
import { withServices } from '../connect.ts'
import { host } from '../host.ts'
import { expectFiles } from '../reactions.ts'
import { exits } from '../run.ts'

const help = () => `
Names are those of reactions or of folders of workers/; without one, every reaction runs.

Examples:
  ${host().call('worker inventory payment.authorize-payment')}
  ${host().call('worker --list')}
  ${host().call('worker --retire loyalty.award-points')}     once its file is gone`

interface WorkerFlags {
  list?: boolean
  retire?: boolean
}

/** The long-running processes, each until SIGTERM or Ctrl-C. */
export function addProcesses(program: Command): void {
  program
    .command('worker')
    .description('run reactions; or list them, or retire one')
    .argument('[names...]', 'reactions or folders')
    .option('--list', 'only say which there are, on which events and queues')
    .option('--retire', 'forget reactions whose files are gone')
    .addHelpText('after', help)
    .action(exits(worker))
  const others = { api: 'the HTTP API', relay: 'the relay', scheduler: 'the scheduled jobs' } as const
  for (const [file, what] of Object.entries(others) as [keyof typeof others, string][])
    program
      .command(file)
      .description(`run ${what}`)
      .action(exits(() => start(file, [])))
}

async function worker(names: string[], { list, retire }: WorkerFlags): Promise<number> {
  if (!retire) expectFiles(names)
  const args = [...names, ...(list ? ['--list'] : []), ...(retire ? ['--retire'] : [])]
  return list ? host().run('worker', args) : start('worker', args)
}

const start = (file: 'api' | 'relay' | 'scheduler' | 'worker', args: string[]) =>
  withServices(['DATABASE_URL', 'RABBITMQ_URL', 'REDIS_URL'], () => host().run(file, args))
