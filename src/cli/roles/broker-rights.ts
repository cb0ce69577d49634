import { topologyOf, type Names, type Reaction } from '#messaging'

/** Regular expressions over names of exchanges and queues, as `rabbitmqctl set_permissions` takes them. */
export interface BrokerRights {
  configure: string
  write: string
  read: string
}

/**
 * What each process may do on its virtual host. Workers write to their queues alone, which binding one and naming its crash net need:
 * they cannot put a message on an exchange, where every reaction would take it for an event. The relay makes whatever is missing.
 */
export function brokerRights(names: Names, reactions: readonly Pick<Reaction, 'name' | 'on'>[]) {
  const all = names.namespace ? `^${escaped(names.namespace)}\\.` : '.*'
  const queues = reactions.flatMap(({ name, on }) => queuesOf(names, name, on))
  const nothing = { configure: '^$', write: '^$', read: '^$' }
  return {
    relay: { configure: all, write: names.namespace ? `^(amq\\.default$|${all.slice(1)})` : all, read: all },
    worker: { configure: all, write: `^(${['amq.default', ...queues].map(escaped).join('|')})$`, read: all },
    scheduler: nothing, // it looks whether the broker is there
  } satisfies Record<string, BrokerRights>
}

const queuesOf = (names: Names, name: string, on: Reaction['on']) =>
  topologyOf(names, { name, eventTypes: on.map(({ type }) => type) }).queues.map((queue) => queue.name)

const escaped = (name: string) => name.replaceAll('.', '\\.')
