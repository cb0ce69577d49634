import type { Page } from 'playwright-core'

export interface Shown {
  name: string
  /** Beneath the address of the API. */
  place: string
  /** What is there when the page has its data: a selector of Playwright. */
  ready: string
  /** What is done before the picture is taken. */
  act?: (page: Page) => Promise<void>
  /** What the browser complains of here, and rightly. */
  refused?: string
}

/** Presses buttons, one after the other, until there is a dialog. */
const pressing =
  (...names: (string | RegExp)[]) =>
  async (page: Page) => {
    for (const name of names) await page.getByRole('button', { name }).first().click()
    await page.getByRole('dialog').waitFor()
  }

const editing = async (page: Page) => {
  await pressing('Edit …')(page)
  const data = page.getByRole('textbox', { name: 'Data' })
  const text = await data.inputValue()
  const corrected = text.replace(/("(?:number|trackingNumber)": ")[^"•]+/, '$1corrected')
  await data.fill(corrected === text ? text.replace(/(": ")[^"•]+/, '$1corrected') : corrected)
  await page.getByText(/^\d+ change/).waitFor()
}

/** One that is edited, and not sent yet. */
const choosingEdited = async (page: Page) => {
  await page.getByRole('option', { name: /, edited$/ }).click()
  await page.getByRole('button', { name: 'Undo the edit …' }).waitFor()
}
const undoing = async (page: Page) => {
  await choosingEdited(page)
  await pressing('Undo the edit …')(page)
}

/** By keyboard: in a story that went fast one mark may stand upon another. */
const choosing = (name: string) => async (page: Page) => {
  const mark = page.getByRole('button', { name }).first()
  await mark.focus()
  await mark.press('Enter')
}

interface Summary {
  reactions: { reaction: string }[]
}
interface Groups {
  groups: { fingerprint: string }[]
}
interface Stuck {
  failures: { kind: string }[]
}
interface Letters {
  letters: { correlationId: string | null; edited: boolean }[]
}
interface Schedules {
  schedules: unknown[]
}
interface Webhooks {
  webhooks: { id: string; failingSince: string | null }[]
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
  const delivered = orders.findLast(({ status }) => status === 'delivered') // of the latest nothing may have come back yet
  const { reactions } = await ask<Summary>('/v1/admin/dead-letters')
  const reaction = reactions[0]?.reaction
  const letters = `/v1/admin/dead-letters/${reaction}`
  const group = reaction && (await ask<Groups>(`${letters}/groups`)).groups[0]?.fingerprint
  const dead = group ? (await ask<Letters>(`${letters}/letters?group=${group}`)).letters : []
  const deadOrder = dead[0]?.correlationId
  const isEdited = dead.some(({ edited }) => edited)
  const isOver = (await ask<Stuck>('/v1/admin/overview')).failures.some(({ kind }) => kind === 'recovered')
  const { schedules } = await ask<Schedules>('/v1/admin/schedules')
  const { webhooks } = await ask<Webhooks>('/v1/admin/webhooks?which=all')
  const endpoint = (webhooks.find(({ failingSince }) => failingSince !== null) ?? webhooks[0])?.id
  return [
    { name: 'sign-in', place: '/console/#sign-in=none', ready: 'text=Sign in', refused: '401' },
    { name: 'overview', place: '/console/', ready: 'text=Orders per second' },
    ...(isOver
      ? [{ name: 'recovery-dialog', place: '/console/', ready: 'text=Orders per second', act: pressing(/as one …$/) }]
      : []),
    ...(finished
      ? [
          { name: 'order', place: `/console/orders/${finished.id}`, ready: 'svg.story' },
          {
            name: 'order-event',
            place: `/console/orders/${finished.id}`,
            ready: 'svg.story',
            act: choosing('Event order.placed'),
          },
        ]
      : []),
    ...(delivered ? [{ name: 'order-delivered', place: `/console/orders/${delivered.id}`, ready: 'text=Goods' }] : []),
    ...(deadOrder ? [{ name: 'order-dead', place: `/console/orders/${deadOrder}`, ready: 'svg.story' }] : []),
    { name: 'orders', place: '/console/orders?q=ada', ready: 'table' },
    { name: 'orders-live', place: '/console/orders', ready: 'h1' },
    { name: 'dead-letters', place: '/console/dead-letters', ready: reaction ? 'table' : 'text=no dead letters' },
    ...(reaction ? [{ name: 'groups', place: `/console/dead-letters/${reaction}`, ready: '.group-row' }] : []),
    ...(group
      ? [
          { name: 'group', place: `/console/dead-letters/${reaction}/${group}`, ready: 'pre.payload' },
          ...[
            { name: 'redrive-dialog', act: pressing('Redrive all …') },
            { name: 'discard-dialog', act: pressing('Discard …') },
            { name: 'edit-dialog', act: editing },
            ...(isEdited
              ? [
                  { name: 'edited-letter', act: choosingEdited },
                  { name: 'undo-dialog', act: undoing },
                ]
              : []),
            { name: 'letter-history', act: (page: Page) => page.getByRole('tab', { name: /^Attempts/ }).click() },
          ].map((one) => ({ ...one, place: `/console/dead-letters/${reaction}/${group}`, ready: 'pre.payload' })),
        ]
      : []),
    { name: 'reactions', place: '/console/reactions', ready: 'tbody tr' },
    ...[
      { name: 'past-dialog', act: pressing(/^Past/) },
      { name: 'replay-dialog', act: pressing(/^Replay/) },
      { name: 'pause-dialog', act: pressing(/^Pause/) },
    ].map((one) => ({ ...one, place: '/console/reactions', ready: 'tbody tr' })),
    { name: 'flow', place: '/console/flow', ready: '.part' },
    { name: 'projections', place: '/console/projections', ready: 'tbody tr' },
    {
      name: 'schedules',
      place: '/console/schedules',
      ready: schedules.length > 0 ? 'tbody tr' : 'text=Nothing has run',
    },
    { name: 'run-dialog', place: '/console/schedules', ready: 'tbody tr', act: pressing(/^Run .* now$/) },
    { name: 'events', place: '/console/events', ready: 'h1' },
    { name: 'webhooks', place: '/console/webhooks', ready: 'tbody tr' },
    ...(endpoint
      ? [
          { name: 'webhook', place: `/console/webhooks/${endpoint}`, ready: 'tbody tr' },
          {
            name: 'attempts-dialog',
            place: `/console/webhooks/${endpoint}`,
            ready: 'tbody tr',
            act: pressing(/^order\./),
          },
        ]
      : []),
    { name: 'invariants', place: '/console/invariants', ready: 'h1' },
    { name: 'keys', place: '/console/keys', ready: 'tbody tr' },
    { name: 'keys-of-client', place: '/console/keys/demo', ready: 'tbody tr' },
    { name: 'new-key-dialog', place: '/console/keys/demo', ready: 'tbody tr', act: pressing('New key …') },
    { name: 'log', place: '/console/log', ready: 'h1' },
  ]
}
