import { Box, Button, Grid, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import type { Overview } from '../../../../src/admin/contract/index.ts'
import { useOverview } from '../../api/queries.ts'
import { FailureCard } from '../../parts/failure-card.tsx'
import { Card, PageHead, Shown } from '../../parts/frame.tsx'
import { Icon } from '../../parts/icons.tsx'
import { clockOf, count, counted, duration, rate } from '../../parts/words.ts'
import { PastCharts } from '../../parts/past/past-charts.tsx'
import { Health } from './health.tsx'
import { ORDERS } from './past-of-orders.ts'
import { Running } from './running.tsx'
import { States } from './states.tsx'

/** The charts are a third of the whole, and one page needs them. */
const PlacedChart = lazy(() => import('./placed-chart.tsx'))

/** What a person who was woken at night looks at first: does it work, and if not, why. */
export function OverviewPage() {
  const overview = useOverview()
  const at = overview.data?.at
  return (
    <>
      <PageHead title="Overview" words={at === undefined ? 'One moment …' : `As of ${clockOf(at)}`} />
      <Shown query={overview} rows={8}>
        {(data) => (
          <Stack gap="lg">
            <Tiles overview={data} />
            <Failures failures={data.failures} />
            <Grid gap="lg">
              <Grid.Col span={{ base: 12, md: 8 }} className="fill">
                <Card title="Orders placed" aside={<Small>last five minutes, per second</Small>}>
                  <Suspense fallback={<Skeleton h={240} />}>
                    <PlacedChart placed={data.placed} />
                  </Suspense>
                </Card>
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 4 }} className="fill">
                <Card title="Where orders are" aside={<Small>placed in the last hour</Small>}>
                  <States states={data.states} />
                </Card>
              </Grid.Col>
            </Grid>
            <Card title="Health">
              <Health parts={data.health} />
            </Card>
            <Card title="What runs" flush>
              <Running running={data.running} />
            </Card>
            <Card>
              <PastCharts title="The past" pasts={ORDERS} />
            </Card>
          </Stack>
        )}
      </Shown>
    </>
  )
}

const Small = ({ children }: { children: string }) => (
  <Text size="xs" c="dimmed">
    {children}
  </Text>
)

function Tiles({ overview }: { overview: Overview }) {
  const { ordersPerSecond, untilConfirmed, untilShipped, deliveries } = overview
  const waiting = deliveries.retrying + deliveries.blocked + deliveries.held
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="md" className="tiles">
      <Tile name="Orders per second" value={rate(ordersPerSecond)} words="of the last 10 s" />
      <Tile
        name="Until confirmed"
        value={duration(untilConfirmed.p50)}
        words={`99 % within ${duration(untilConfirmed.p99)}`}
      />
      <Tile
        name="Until shipped"
        value={duration(untilShipped.p50)}
        words={`99 % within ${duration(untilShipped.p99)}`}
      />
      <Tile
        name="Tried again or held"
        value={count(waiting)}
        words={`${count(deliveries.retrying)} retrying, ${count(deliveries.blocked)} blocked, ${count(deliveries.held)} held`}
        colour={waiting > 0 ? 'var(--late)' : undefined}
      />
      <Tile
        name="Dead letters"
        value={count(deliveries.dead)}
        words={deliveries.dead > 0 ? 'wait for an operator' : 'nobody has to do anything'}
        colour={deliveries.dead > 0 ? 'var(--bad)' : undefined}
      />
    </SimpleGrid>
  )
}

interface TileProps {
  name: string
  value: string
  words: string
  colour?: string | undefined
}

const Tile = ({ name, value, words, colour }: TileProps) => (
  <Box className="card" p="md">
    <Text size="xs" c="dimmed" fw={600}>
      {name}
    </Text>
    <Text fz={28} lh={1.25} fw={680} c={colour} style={{ fontVariantNumeric: 'tabular-nums' }}>
      {value}
    </Text>
    <Text size="xs" c="dimmed">
      {words}
    </Text>
  </Box>
)

/** So many causes are shown at first: what stands beneath them is wanted as well. */
const SHOWN = 6

function Failures({ failures }: Pick<Overview, 'failures'>) {
  const [isAll, setIsAll] = useState(false)
  if (failures.length === 0) return <NothingFails />
  const shown = isAll ? failures : failures.slice(0, SHOWN)
  const hidden = failures.length - shown.length
  return (
    <Box component="section" aria-label="What is failing now">
      <Group justify="space-between" mb="sm">
        <Title order={2}>What is failing now</Title>
        <Small>{`${counted(failures.length, 'cause')}, the worst first`}</Small>
      </Group>
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {shown.map((failure) => (
          <FailureCard key={`${failure.kind} ${failure.sentence}`} failure={failure} />
        ))}
      </Stack>
      {(hidden > 0 || isAll) && (
        <Button variant="subtle" mt="xs" onClick={() => setIsAll(!isAll)}>
          {isAll ? 'Show the worst only' : `Show ${counted(hidden, 'more cause')}`}
        </Button>
      )}
    </Box>
  )
}

const NothingFails = () => (
  <Group className="card bar-left" style={{ '--bar': 'var(--ok)' }} px="lg" py="md" gap="md" wrap="nowrap">
    <Box c="var(--ok)">
      <Icon name="check" size={22} />
    </Box>
    <div>
      <Text fw={600}>Nothing is failing</Text>
      <Text size="sm" c="dimmed">
        Every event that was published has been handled, or has been on its way for less than ten seconds.
      </Text>
    </div>
  </Group>
)
