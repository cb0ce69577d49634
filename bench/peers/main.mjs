// node main.mjs <peer> produce|work|relay <default|tuned>. A producer places COUNT orders as fast as 16 at once go, or RATE
// a second until it is stopped, and notes in the file ANSWERED those whose customer has an answer. A worker works until it
// is stopped.
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const [peer, role, configuration] = process.argv.slice(2)
const { RATE: rate, COUNT: count, ANSWERED: answered } = process.env
const module = await import(`./${peer}.mjs`)
process.once('SIGTERM', () => process.exit(0))

if (role === 'produce') {
  const place = await module.producer(configuration)
  console.log('producing')
  await (rate ? keepPlacing(place, Number(rate)) : placeAll(place, Number(count)))
  setInterval(() => {}, 60_000) // what is still on its way to the broker goes out
} else {
  await module[role === 'work' ? 'worker' : 'relay'](configuration)
  console.log(role === 'work' ? 'working' : 'relaying')
}

async function placeAll(place, many) {
  let left = many
  const customer = async () => {
    while (left-- > 0) await place(randomUUID())
  }
  await Promise.all(Array.from({ length: 16 }, customer))
}

async function keepPlacing(place, perSecond) {
  const began = performance.now()
  for (let nth = 1; ; nth++) {
    const id = randomUUID()
    place(id).then(
      () => answered && appendFileSync(answered, `${id}\n`),
      () => {}, // a customer who was told that it failed
    )
    await wait(began + (nth * 1_000) / perSecond - performance.now())
  }
}
