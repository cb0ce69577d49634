import { z } from 'zod'
import { text } from '#http'
import { NamedLine, namedLines } from './named-lines.ts'

export const Cancellation = z
  .strictObject({
    reason: text(1, 500, 'Ordered by mistake').describe(
      'Goes into the order.cancelled event and the mail to the customer',
    ),
  })
  .meta({ id: 'Cancellation' })

export const LinesCancellation = z
  .strictObject({
    lines: namedLines(NamedLine.meta({ id: 'CancelledLine' })),
    reason: text(1, 500, 'One is enough').describe(
      'Goes into the order.reduced event; where nothing is left of the order, into order.cancelled and the mail, too',
    ),
  })
  .meta({ id: 'LinesCancellation' })
