import path from 'node:path'
import { launchedAs, runningPid } from '../../processes/daemon.ts'
import { howEnded } from '../../processes/how-ended.ts'
import { SetupError } from '../../project.ts'
import { SERVICES, type ServiceName } from '../contract.ts'
import type { InstanceSet } from '../instance-set.ts'
import { lastLines } from './log-file.ts'

const LINES = 15

/** What `npm run services -- reset` takes away. */
const LOST: Record<ServiceName, string> = {
  postgres: 'its data, every order included',
  rabbitmq: 'its data; what it held is delivered again from PostgreSQL',
  redis: 'its data; no order is in it',
}

/** What was tried, how it ended, what its log says last and where that is, and what can be done. */
export async function didNotStart(name: ServiceName, set: InstanceSet, patienceS: number): Promise<SetupError> {
  const { title, variable } = SERVICES[name]
  const reset = `npm run services -- reset ${name}${set.name === 'dev' ? '' : ` --set ${set.name}`}`
  return new SetupError(`${title} did not start: ${await howItWent(name, set, patienceS)}.
${whatItSaid(path.join(set.folder, `${name}.log`))}
What you can do:
  put right what the log names, and run this again
  start Docker, or set ${variable} to a ${title} that runs, and it is used in place of this one
  ${reset} deletes ${LOST[name]}`)
}

async function howItWent(name: ServiceName, set: InstanceSet, patienceS: number): Promise<string> {
  const pidFile = path.join(set.folder, `${name}.pid`)
  const launched = launchedAs(pidFile)
  const what = `${launched?.command ?? 'it'} at port ${set.port(name)} of 127.0.0.1`
  if (runningPid(pidFile) !== undefined)
    return `${what} runs, and has not answered for ${patienceS} s (a busy machine may need longer: try again)`
  return launched ? `${what} ${howEnded(await launched.end)}` : `${what} could not be run, or has ended`
}

function whatItSaid(log: string): string {
  const lines = lastLines(log, LINES)
  if (lines.length === 0) return `It left nothing in its log, ${log}.`
  return [`The end of its log, ${log}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}
