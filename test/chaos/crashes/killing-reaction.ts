// A process with one reaction that dies of orders whose customer is called Killer.
import { OrderPlaced } from '#events'
import { createWakeUp, defineReaction, runReaction, subscribe } from '#messaging'
import { runProcess } from '#platform/process/shutdown'
import { openMessaging } from '../../../src/main/messaging.ts'

const fallOver = defineReaction({
  name: 'trial.fall-over',
  on: OrderPlaced,
  handle({ data: { customer } }) {
    if (customer.name === 'Killer') process.kill(process.pid, 'SIGKILL')
  },
})

void runProcess('worker', async (context) => {
  const messaging = openMessaging('trial', context, 'by-key')
  await subscribe(messaging.db, [fallOver])
  const running = await runReaction(fallOver, { ...messaging, wakeUp: createWakeUp(messaging.pool) })
  context.onStop(running.stop)
  context.log.info('reacting')
})
