import { z } from 'zod'
import { defineEvent } from '#messaging'

const schema = z.object({ orderId: z.uuid() })
const stream = ({ orderId }: { orderId: string }) => `peer-${orderId}`

export const PeerPlaced = defineEvent({ type: 'peer.placed', summary: 'An order was placed.', stream, schema })
export const PeerConfirmed = defineEvent({ type: 'peer.confirmed', summary: 'All have answered.', stream, schema })
