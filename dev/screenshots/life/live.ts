import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { PROJECT } from '../../project.ts'
import { asking, furnish, orderOf } from './customers.ts'
import { sellInParts } from './in-parts.ts'
import { gateway, mailServer, portsFrom, shop } from './outside.ts'

export interface LifeFlags {
  url: string
  key: string
  rate: string
  away: string
  outside: string
}

/** Of so many orders one is sent and returned in parts. */
const PARTS_EVERY = 60

/** Stands around a system, and places orders, until it is stopped. */
export async function live({ url, key, rate, away, outside }: LifeFlags): Promise<never> {
  const ports = portsFrom(Number(outside))
  if (away !== 'mail') mailServer(ports.mail)
  if (away !== 'gateway') await gateway(ports.gateway, path.join(PROJECT, '.fanfare/life'))
  shop(ports.shop)
  console.log(
    `For npm start: SMTP_URL=smtp://127.0.0.1:${ports.mail} PAYMENT_GATEWAY_URL=http://127.0.0.1:${ports.gateway}`,
  )
  const ask = asking(url, key)
  const answers = () => fetch(`${url}/readyz`).then(({ ok }) => ok, () => false) // prettier-ignore
  while (!(await answers())) await after(1_000)
  await furnish(ask, ports.shop)
  for (let n = 0; ; n++) {
    const told = ({ message }: Error) => console.error(message)
    if (n % PARTS_EVERY === 0) void sellInParts(ask).catch(told)
    await ask('/v1/orders', orderOf(n)).catch(told)
    await after((2_000 * Math.random()) / Number(rate))
  }
}
