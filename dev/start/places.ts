import type { InstanceSet } from '../services/index.ts'
import type { Surroundings } from './processes.ts'

type Place = [what: string, where: string]

/** What a person may want to open. */
export function placesOf(
  set: InstanceSet,
  { smtpUrl, gatewayUrl, smsUrl, port, metricsPort }: Omit<Surroundings, 'urls'>,
  processes: readonly string[],
): Place[] {
  const api = `http://127.0.0.1:${port}`
  return [
    ['API', `${api}  (Authorization: Bearer fanfare_demo)`],
    ['API docs', `${api}/docs`],
    ['Mail', process.env['SMTP_URL'] ? smtpUrl : `http://127.0.0.1:${set.port('mail')}`],
    ...(smsUrl === undefined ? [] : [['Texts', smsUrl] as Place]),
    ['Gateway', process.env['PAYMENT_GATEWAY_URL'] ? gatewayUrl : `${gatewayUrl}/v1/authorizations`],
    ['Services', 'npm run services -- status, and -- urls for their URLs'],
    ...managementPage(set),
    ...(metricsPort === undefined ? [] : metricsPages(metricsPort, processes)),
  ]
}

function managementPage({ state: { secret, ports } }: InstanceSet): Place[] {
  if (process.env['RABBITMQ_URL'] || ports.rabbitmqManagement === undefined) return []
  return [['RabbitMQ', `http://127.0.0.1:${ports.rabbitmqManagement}  (user fanfare, password ${secret})`]]
}

/** One line for each process. */
const metricsPages = (first: number, processes: readonly string[]): Place[] =>
  processes.map((name, i) => [i === 0 ? 'Metrics' : '', `http://127.0.0.1:${first + i}/metrics  ${name}`])
