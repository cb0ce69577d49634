import '@mantine/charts/styles.css'
import { AreaChart } from '@mantine/charts'
import { Text } from '@mantine/core'
import type { Overview } from '../../../../src/admin/contract/index.ts'
import { clockOf, rate } from '../../parts/words.ts'

/** Orders per second, in bars of five seconds. The last one is not over yet, and left out. */
export default function PlacedChart({ placed }: Pick<Overview, 'placed'>) {
  const data = placed.slice(0, -1).map(({ at, orders, seconds }) => ({ at: clockOf(at), orders: orders / seconds }))
  const most = Math.max(...data.map(({ orders }) => orders))
  return (
    <>
      <AreaChart
        h={300}
        data={data}
        dataKey="at"
        series={[{ name: 'orders', label: 'Orders per second', color: 'indigo.5' }]}
        curveType="monotone"
        withDots={false}
        gridAxis="x"
        tickLine="none"
        strokeWidth={2}
        valueFormatter={rate}
        xAxisProps={{ minTickGap: 60 }}
        yAxisProps={{ width: 36, allowDecimals: most < 3 }}
        areaChartProps={{ accessibilityLayer: false }} // the sentence below tells it
        aria-hidden="true"
      />
      <Text size="xs" c="dimmed" mt={4}>
        At most {rate(most)} per second in this time.
      </Text>
    </>
  )
}
