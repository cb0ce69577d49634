interface Shown {
  name: string
  /** Beneath the address of the API. */
  place: string
  /** What is there when the page has its data: a selector of Playwright. */
  ready: string
}

interface Summary {
  reactions: { reaction: string }[]
}
interface Groups {
  groups: { fingerprint: string }[]
}
interface Letters {
  letters: { correlationId: string | null }[]
}
interface Webhooks {
  webhooks: { id: string }[]
}
interface Orders {
  orders: { id: string; status: string }[]
}

/** The pages that there are to see at this moment, with an order that is finished and one that is not. */
export async function pagesToShow(url: string, key: string): Promise<Shown[]> {
  const ask = async <Answer>(path: string) => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
    return (await answer.json()) as Answer
  }
  const { orders } = await ask<Orders>('/v1/orders?limit=100')
  const finished = orders.find(({ status }) => status === 'shipped') ?? orders[0]
  const { reactions } = await ask<Summary>('/v1/admin/dead-letters')
  const reaction = reactions[0]?.reaction
  const letters = `/v1/admin/dead-letters/${reaction}`
  const group = reaction && (await ask<Groups>(`${letters}/groups`)).groups[0]?.fingerprint
  const dead = group && (await ask<Letters>(`${letters}/letters?group=${group}`)).letters[0]?.correlationId
  const { webhooks } = await ask<Webhooks>('/v1/admin/webhooks?which=all')
  const endpoint = webhooks[0]?.id
  return [
    { name: 'overview', place: '/console/', ready: 'text=Orders per second' },
    ...(finished ? [{ name: 'order', place: `/console/orders/${finished.id}`, ready: 'svg.story' }] : []),
    ...(dead ? [{ name: 'order-dead', place: `/console/orders/${dead}`, ready: 'svg.story' }] : []),
    { name: 'orders', place: '/console/orders?q=ada', ready: 'table' },
    { name: 'dead-letters', place: '/console/dead-letters', ready: reaction ? 'table' : 'text=no dead letters' },
    ...(reaction ? [{ name: 'groups', place: `/console/dead-letters/${reaction}`, ready: '.group-row' }] : []),
    ...(group ? [{ name: 'group', place: `/console/dead-letters/${reaction}/${group}`, ready: 'pre.payload' }] : []),
    { name: 'reactions', place: '/console/reactions', ready: 'tbody tr' },
    { name: 'flow', place: '/console/flow', ready: '.part' },
    { name: 'projections', place: '/console/projections', ready: 'tbody tr' },
    { name: 'schedules', place: '/console/schedules', ready: 'h1' },
    { name: 'events', place: '/console/events', ready: 'h1' },
    { name: 'webhooks', place: '/console/webhooks', ready: 'h1' },
    ...(endpoint ? [{ name: 'webhook', place: `/console/webhooks/${endpoint}`, ready: 'tbody tr' }] : []),
    { name: 'invariants', place: '/console/invariants', ready: 'h1' },
    { name: 'keys', place: '/console/keys', ready: 'tbody tr' },
    { name: 'keys-of-client', place: '/console/keys/demo', ready: 'tbody tr' },
    { name: 'log', place: '/console/log', ready: 'h1' },
  ]
}
