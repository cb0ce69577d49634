// node main.mjs <peer> produce|work|relay: one process of a peer, until it is stopped.
import { placeOrders } from '../comparison/customers.ts'

const [peer, role] = process.argv.slice(2)
const module = await import(peer === 'fanfare' ? '../comparison/fanfare.ts' : `./${peer}.mjs`)
process.once('SIGTERM', () => process.exit(0))

if (role === 'produce') {
  const place = await module.producer()
  console.log('producing')
  await placeOrders(place, process.env)
  setInterval(() => {}, 60_000) // what is still on its way to the broker goes out
} else {
  await module[role === 'work' ? 'worker' : 'relay']()
  console.log(role === 'work' ? 'working' : 'relaying')
}
