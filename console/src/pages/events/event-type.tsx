import { Text } from '@mantine/core'
import { hue } from '../../theme.ts'

/** The first words of event types, in their order. */
export const familiesOf = (types: readonly string[]) => [...new Set(types.map((type) => type.split('.')[0]!))]

/** In the colour of its family. */
export const EventType = ({ type, types }: { type: string; types: readonly string[] }) => (
  <Text size="sm" fw={600} span c={hue(Math.max(0, familiesOf(types).indexOf(type.split('.')[0]!)))}>
    {type}
  </Text>
)
