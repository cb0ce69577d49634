import { Anchor, Box, Button, CopyButton, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { OrderPage as Told } from '../../../../src/admin/contract/index.ts'
import { useGoods, type Goods } from '../../api/goods.ts'
import { useOrder, useOrderAt } from '../../api/queries.ts'
import { Facts } from '../../parts/facts.tsx'
import { FailureCard } from '../../parts/failure-card.tsx'
import { Card, PageHead, Shown } from '../../parts/frame.tsx'
import { Icon } from '../../parts/icons.tsx'
import { StatusBadge } from '../../parts/status.tsx'
import { counted, duration, inWords, money, momentOf } from '../../parts/words.ts'
import { EventDetail } from './event-detail.tsx'
import { GoodsCard } from './goods-card.tsx'
import { StoryPicture } from './story/story-picture.tsx'
import { TimeSlider } from './time-slider.tsx'

/** One order: how it stands, why it is not finished, and everything that happened because of it. */
export function OrderPage({ id }: { id: string }) {
  const order = useOrder(id)
  const goods = useGoods(id, order.data?.order.version).data
  return (
    <>
      <PageHead
        title={goods?.number ? `Order ${goods.number}` : 'Order'}
        words={<IdLine id={id} />}
        actions={order.data && <Download id={id} />}
      />
      <Shown query={order} rows={8}>
        {(told) => <Told told={told} goods={goods} />}
      </Shown>
    </>
  )
}

const IdLine = ({ id }: { id: string }) => (
  <CopyButton value={id}>
    {({ copied, copy }) => (
      <Anchor component="button" size="sm" c="dimmed" ff="monospace" onClick={copy} title="Copy the id">
        {copied ? 'copied' : id}
      </Anchor>
    )}
  </CopyButton>
)

const Download = ({ id }: { id: string }) => (
  <Button
    component="a"
    href={`/v1/admin/orders/${id}/story.svg`}
    download
    variant="default"
    leftSection={<Icon name="download" size={16} />}
  >
    Save as SVG
  </Button>
)

function Told({ told, goods }: { told: Told; goods: Goods | undefined }) {
  const { order, story, picture, standing } = told
  const { moments } = picture
  const [step, setStep] = useState<number>()
  const [eventId, setEventId] = useState<string>()
  const moment = step === undefined ? undefined : moments[Math.min(step, moments.length - 1)]
  const event = story.events.find(({ id }) => id === eventId)
  return (
    <Stack gap="lg">
      <Head told={told} goods={goods} />
      {standing.failures.length > 0 ? (
        <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Why it is not finished">
          {standing.failures.map((failure) => (
            <FailureCard key={`${failure.reaction} ${failure.sentence}`} failure={failure} ofOrder />
          ))}
        </Stack>
      ) : (
        <Box
          className="card bar-left"
          px="lg"
          py="md"
          style={{ '--bar': standing.finished ? 'var(--ok)' : 'var(--hue-0)' }}
          role="status"
        >
          <Text size="sm">{standing.sentence}</Text>
        </Box>
      )}
      <Card title="Story" aside={<StorySummary told={told} />}>
        <StoryPicture picture={picture} until={moment?.x} selected={eventId} onSelect={setEventId} />
        {moments.length > 1 && (
          <TimeSlider
            moments={moments}
            step={step}
            onStep={setStep}
            state={<StateThen told={told} ms={moment?.ms} />}
          />
        )}
      </Card>
      {event ? (
        <EventDetail event={event} onClose={() => setEventId(undefined)} onSelect={setEventId} />
      ) : (
        <Text size="sm" c="dimmed" ta="center">
          Choose an event or a piece of work in the picture to see what it says and what became of it.
        </Text>
      )}
      {goods && <GoodsCard goods={goods} />}
      {story.archives.map(({ name, place }) => (
        <Text key={name} size="sm" c="dimmed">
          Events of that time lie in the archive {name} ({place}); <b>fanfare restore</b> brings them back.
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        The same as JSON: <Anchor href={`/v1/admin/orders/${order.id}`}>/v1/admin/orders/{order.id}</Anchor>
      </Text>
    </Stack>
  )
}

function Head({ told: { order }, goods }: { told: Told; goods: Goods | undefined }) {
  const isLess = goods !== undefined && goods.currentTotal.amount !== order.total.amount
  return (
    <Box className="card" px="lg" py="md">
      <Facts
        facts={{
          Customer: order.customer,
          Total: money(order.total) + (isLess ? `, now ${money(goods.currentTotal)}` : ''),
          Payment: goods && inWords(goods.paymentStatus),
          Placed: momentOf(order.placedAt),
          'Last change': momentOf(order.updatedAt),
        }}
      >
        <StatusBadge state={order.status} size="lg" />
      </Facts>
      {order.reason !== null && (
        <Text size="sm" c="dimmed" mt="xs">
          {order.reason}
        </Text>
      )}
    </Box>
  )
}

function StorySummary({ told: { story, picture } }: { told: Told }) {
  const reactions = story.events.flatMap((event) => event.reactions)
  const last = Math.max(0, ...picture.moments.map(({ ms }) => ms))
  return (
    <Text size="xs" c="dimmed">
      {counted(story.events.length, 'event')}, {counted(reactions.length, 'reaction')}, {duration(last)}
    </Text>
  )
}

/** What the API answered at that moment. */
function StateThen({ told: { order, story }, ms }: { told: Told; ms: number | undefined }) {
  const first = story.events[0]
  const time =
    ms === undefined || !first ? undefined : new Date(new Date(first.time).getTime() + Math.ceil(ms)).toISOString()
  const { data } = useOrderAt(order.id, time)
  return <StatusBadge state={time === undefined ? order.status : (data?.status ?? '…')} />
}
