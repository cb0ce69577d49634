import { Text } from '@mantine/core'

const SHOWN = 3

/** The first ones, and the others when asked for: a reaction may be on a dozen. */
export function EventTypes({ types }: { types: readonly string[] }) {
  const isLong = types.length > SHOWN + 1
  return (
    <Text size="xs" c="dimmed" component="div" maw={360}>
      {types.slice(0, isLong ? SHOWN : undefined).join(', ')}
      {isLong && (
        <details>
          <summary>and {types.length - SHOWN} more</summary>
          {types.slice(SHOWN).join(', ')}
        </details>
      )}
    </Text>
  )
}
