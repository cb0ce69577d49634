import { Box, Text } from '@mantine/core'
import type { ReactNode } from 'react'

interface Given {
  /** The name of each, and its value. What is undefined is left out. */
  facts: Readonly<Record<string, ReactNode | undefined>>
  /** Before them, such as a badge. */
  children?: ReactNode
}

/** What is known of one thing, side by side. */
export const Facts = ({ facts, children }: Given) => (
  <div className="facts">
    {children && <div className="facts-head">{children}</div>}
    {Object.entries(facts).map(
      ([name, value]) =>
        value !== undefined && (
          <Box key={name} style={{ minWidth: 0 }}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </Box>
        ),
    )}
  </div>
)
