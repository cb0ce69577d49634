import { placeOf, tcpProxy, type TcpProxy } from '#testing'
import { SERVICES, type ServiceName, type ServiceUrls } from '../../../dev/services/index.ts'
import type { Dice } from '../dice.ts'

/** The way of one process to one service. */
export interface Link {
  process: string
  service: ServiceName
  proxy: TcpProxy
}

export interface Network {
  /** The URLs a process is given: each leads over a link of its own. */
  connect(process: string): Promise<Record<string, string>>
  /** Links to a service; of one process or of all. */
  links(service: ServiceName, process?: string): Link[]
  heal(): void
  close(): Promise<void>
}

/** Every connection between our processes and the services, in our hands where it is `proxied`. */
export function createNetwork(urls: ServiceUrls, dice: Dice, proxied: boolean): Network {
  const all: Link[] = []
  const wayTo = async (process: string, service: ServiceName, url: string) => {
    if (!proxied) return url
    const proxy = await tcpProxy(placeOf(url), dice.next)
    all.push({ process, service, proxy })
    return proxy.through(url)
  }
  return {
    async connect(process) {
      const entries = Object.entries(urls) as [ServiceName, string][]
      const environment = entries.map(async ([service, url]) => {
        const ways = url.split(',').map((one) => wayTo(process, service, one))
        return [SERVICES[service].variable, (await Promise.all(ways)).join(',')]
      })
      return Object.fromEntries(await Promise.all(environment)) as Record<string, string>
    },
    links: (service, process) =>
      all.filter((link) => link.service === service && (process === undefined || link.process === process)),
    heal() {
      for (const { proxy } of all) proxy.heal()
    },
    async close() {
      await Promise.all(all.map(({ proxy }) => proxy.close()))
    },
  }
}
