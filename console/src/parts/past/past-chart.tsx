import type { Key } from 'react'
import '@mantine/charts/styles.css'
import { LineChart } from '@mantine/charts'
import { Box, Text } from '@mantine/core'
import type { Range } from '../../api/metrics.ts'
import type { Past, Point } from './past-charts.tsx'

interface Given {
  past: Past
  points: readonly Point[]
  range: Range
}

const FORMATS: Record<Range, Intl.DateTimeFormat> = {
  hour: new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  day: new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }),
  month: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
}

/** Lines over time. Whoever does not see them reads the last and the largest value. */
export default function PastChart({ past: { title, write, lines, valuesOf }, points, range }: Given) {
  const values = points.map((point) => valuesOf(point))
  const data = points.map(({ at }, index) => ({
    at: FORMATS[range].format(new Date(at)),
    ...Object.fromEntries(lines.map(({ name }, line) => [name, values[index]?.[line] ?? null])),
  }))
  const told = lines.map(({ name }, line) => {
    const known = values.flatMap((one) => one[line] ?? [])
    return known.length === 0
      ? `${name}: nothing`
      : `${name}: ${write(known.at(-1)!)} now, at most ${write(Math.max(...known))}`
  })
  return (
    <Box>
      <Text size="sm" fw={600} mb={6}>
        {title}
      </Text>
      <LineChart
        h={180}
        data={data}
        dataKey="at"
        series={lines.map((line) => ({ ...line }))}
        curveType="linear"
        withDots={false}
        gridAxis="x"
        tickLine="none"
        strokeWidth={1.6}
        connectNulls={false}
        lineProps={({ name }) => ({
          dot: dotsOf(values.map((one) => one[lines.findIndex((line) => line.name === name)])),
        })}
        valueFormatter={write}
        xAxisProps={{ minTickGap: 60 }}
        yAxisProps={{ width: 62 }}
        lineChartProps={{ accessibilityLayer: false }}
        aria-hidden="true"
      />
      <Text size="xs" c="dimmed" mt={4}>
        {told.join('; ')}
      </Text>
    </Box>
  )
}

interface Dot {
  key?: Key | null | undefined
  index: number
  cx?: number | string | undefined
  cy?: number | string | undefined
  stroke?: string | undefined
}

/** A value with none beside it makes no line: it is a dot. */
function dotsOf(values: readonly (number | null | undefined)[]) {
  const isAlone = (index: number) => values[index] != null && values[index - 1] == null && values[index + 1] == null
  if (!values.some((_, index) => isAlone(index))) return false
  return ({ key, index, cx, cy, stroke }: Dot) =>
    isAlone(index) ? <circle key={key} cx={cx} cy={cy} r={2.5} fill={stroke} /> : <g key={key} />
}
