import { catchUp, findReactions, listenForWakeUps, loadReactions, startRelay, subscribe } from '#messaging'
import { directUrl } from '#platform/config'
import { checkSettings } from '#platform/settings'
import { runProcess } from '#platform/process/shutdown'
import { openMessaging, WORKERS } from './messaging.ts'
import { serveMetrics } from './metrics.ts'
import { onceReachable } from './reach-database.ts'
import { reportRunning } from './report-running.ts'

await runProcess('relay', async (context) => {
  const { config, log, onStop } = context
  checkSettings()
  const messaging = openMessaging('relay', context, 'by-key')
  // The reactions of this release are subscribed before anything is published, whichever process happens to start first.
  const workers = (await loadReactions(findReactions(WORKERS))).filter(({ enabled }) => enabled())
  const joined = await onceReachable(context, () => subscribe(messaging.db, workers))
  await reportRunning({ ...messaging, service: 'relay' }, context)
  const relay = startRelay(messaging)
  onStop(relay.stop)
  // The relay that publishes may be another one, which does not know them yet.
  catchUp(messaging, joined).catch((err: Error) =>
    log.warn({ reason: err.message }, 'new subscriptions are left to reconciliation'),
  )
  const wakeUps = listenForWakeUps(directUrl(config), log, relay.wake)
  onStop(wakeUps.close)
  await serveMetrics(context)
  log.info('relaying, or standing by for who does')
})
