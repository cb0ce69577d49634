import type { Names, Reaction } from '#messaging'

/** Regular expressions over names of exchanges and queues, as `rabbitmqctl set_permissions` takes them. */
export interface BrokerRights {
  configure: string
  write: string
  read: string
}

/**
 * What each process may do on its virtual host. Workers cannot put a message on the exchange of an event, where every reaction would take
 * it for one. They may write to everything else, which binding a queue and naming its crash net need: so a new reaction
 * works before the rights are set anew, and a new type of event is closed to workers afterwards. The relay makes whatever
 * is missing.
 */
export function brokerRights(names: Names, reactions: readonly Pick<Reaction, 'on'>[]) {
  const all = names.namespace ? `^${escaped(names.namespace)}\\.` : '.*'
  const exchanges = new Set(reactions.flatMap(({ on }) => on.map(({ type }) => names.exchange(type))))
  const others = `(?!(${[...exchanges].toSorted().map(escaped).join('|')})$)`
  const nothing = { configure: '^$', write: '^$', read: '^$' }
  return {
    relay: { configure: all, write: names.namespace ? `^(amq\\.default$|${all.slice(1)})` : all, read: all },
    worker: {
      configure: all,
      write: names.namespace ? `^(amq\\.default$|${others}${all.slice(1)})` : `^${others}`,
      read: all,
    },
    scheduler: nothing, // it looks whether the broker is there
  } satisfies Record<string, BrokerRights>
}

const escaped = (name: string) => name.replaceAll('.', '\\.')
