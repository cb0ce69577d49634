// node main.mjs <peer> produce|work|relay <default|tuned>: one process of a peer, until it is stopped.
import { placeOrders } from '../comparison/customers.ts'

const [peer, role, configuration] = process.argv.slice(2)
const module = await import(`./${peer}.mjs`)
process.once('SIGTERM', () => process.exit(0))

if (role === 'produce') {
  const place = await module.producer(configuration)
  console.log('producing')
  await placeOrders(place, process.env)
  setInterval(() => {}, 60_000) // what is still on its way to the broker goes out
} else {
  await module[role === 'work' ? 'worker' : 'relay'](configuration)
  console.log(role === 'work' ? 'working' : 'relaying')
}
