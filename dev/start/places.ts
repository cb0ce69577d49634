import type { InstanceSet } from '../services/index.ts'
import type { Surroundings } from './processes.ts'

type Place = [what: string, where: string]

/** What a person may want to open. */
export function placesOf(
  set: InstanceSet,
  { smtpUrl, gatewayUrl, port, metricsPort }: Omit<Surroundings, 'urls'>,
  processes: readonly string[],
): Place[] {
  const api = `http://127.0.0.1:${port}`
  return [
    ['API', `${api}  (Authorization: Bearer fanfare_demo)`],
    ['API docs', `${api}/docs`],
    ['Mail', process.env['SMTP_URL'] ? smtpUrl : `http://127.0.0.1:${set.port('mail')}`],
    ['Gateway', gatewayUrl],
    ['Services', 'npm run services -- status; npm run services -- urls prints their URLs'],
    ...managementPage(set),
    ...(metricsPort === undefined ? [] : [metricsPages(api, metricsPort, processes)]),
  ]
}

function managementPage({ state: { secret, ports } }: InstanceSet): Place[] {
  if (process.env['RABBITMQ_URL'] || ports.rabbitmqManagement === undefined) return []
  return [['RabbitMQ', `http://127.0.0.1:${ports.rabbitmqManagement}  (fanfare, ${secret})`]]
}

/** The first of the processes is the API, and serves its metrics at its own port. */
function metricsPages(api: string, first: number, processes: readonly string[]): Place {
  const at = processes.slice(1).map((name, i) => `${first + i} ${name}`)
  return ['Metrics', `${api}/metrics, and /metrics of ports ${at.join(', ')}`]
}
