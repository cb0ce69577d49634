// Restate: the customer's order is an invocation, kept by the server before it is answered. Its handler stores the order,
// reacts and confirms; the server calls it again until it has ended, and skips the steps it has noted.
import * as restate from '@restatedev/restate-sdk'
import * as clients from '@restatedev/restate-sdk-clients'
import { answer, confirm, inTransaction, openPool, REACTIONS } from './tables.mjs'

const { RESTATE_INGRESS: ingress, RESTATE_ADMIN: admin, RESTATE_ENDPOINT_PORT: port } = process.env

export async function producer() {
  const orders = clients.connect({ url: ingress }).serviceSendClient({ name: 'orders' })
  return (id) => orders.place({ id }, clients.SendOpts.from({ idempotencyKey: id }))
}

export async function worker() {
  const pool = openPool(20)
  const orders = restate.service({ name: 'orders', handlers: { place: (context, { id }) => place(pool, context, id) } })
  await restate.serve({ services: [orders], port: Number(port) })
  await register()
}

async function place(pool, context, id) {
  const step = (name, work) => context.run(name, () => inTransaction(pool, work))
  await step('store', (client) => client.query(STORE, [id]).then(() => {}))
  await restate.RestatePromise.all(REACTIONS.map((name) => step(name, (client) => answer(client, id, name))))
  await step('confirm', (client) => confirm(client, id))
}

/** The key of the order makes this step harmless when it is repeated. */
const STORE = 'INSERT INTO peer_orders (id) VALUES ($1) ON CONFLICT DO NOTHING'

/** Tells the server where the handlers are; asked again by a worker that was killed, it knows already. */
async function register() {
  const response = await fetch(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  })
  if (!response.ok && response.status !== 409) throw new Error(`${response.status}: ${await response.text()}`)
}
