import { Alert, Box, Button, Center, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useEffect, type ReactNode } from 'react'
import type { UseQueryResult } from '@tanstack/react-query'
import { ApiProblem } from '../api/ask.ts'
import { Icon, type IconName } from './icons.tsx'

interface Head {
  title: string
  /** Beneath the title. */
  words?: ReactNode
  /** On the right. */
  actions?: ReactNode
}

/** The head of a page. It names the page for the browser's tab as well. */
export function PageHead({ title, words, actions }: Head) {
  useEffect(() => {
    document.title = `${title} · Fanfare`
  }, [title])
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
      <Box>
        <Title order={1}>{title}</Title>
        {words !== undefined && (
          <Text c="dimmed" size="sm" mt={4} component="div">
            {words}
          </Text>
        )}
      </Box>
      {actions}
    </Group>
  )
}

interface Panel {
  title?: string
  aside?: ReactNode
  children: ReactNode
  /** Without a margin within, for tables. */
  flush?: boolean
}

export function Card({ title, aside, children, flush = false }: Panel) {
  return (
    <Box component="section" className="card" aria-label={title}>
      {title !== undefined && (
        <Group justify="space-between" px="lg" pt="md" pb={flush ? 'sm' : 0} gap="xs">
          <Title order={2}>{title}</Title>
          {aside}
        </Group>
      )}
      <Box p={flush ? 0 : 'lg'} pt={flush ? 0 : title === undefined ? 'lg' : 'sm'}>
        {children}
      </Box>
    </Box>
  )
}

interface Nothing {
  icon?: IconName
  title: string
  children?: ReactNode
}

/** Where there is nothing to show: why, and what would be here. */
export const Empty = ({ icon = 'check', title, children }: Nothing) => (
  <Center py={48} px="md">
    <Stack align="center" gap="xs" maw={440}>
      <Center w={44} h={44} bg="var(--ground-2)" c="var(--ink-2)" style={{ borderRadius: '50%' }}>
        <Icon name={icon} size={22} />
      </Center>
      <Text fw={600} ta="center">
        {title}
      </Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" ta="center" component="div">
          {children}
        </Text>
      )}
    </Stack>
  </Center>
)

/** Asking again would not bring it. */
const isGone = (error: Error | null): error is ApiProblem =>
  error instanceof ApiProblem && (error.status === 404 || error.status === 410)

interface Asked<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>
  /** What stands there until the first answer. */
  rows?: number
  children: (data: Data) => ReactNode
}

/** What was asked for; until then its shape; and why it is not there. An older answer stays while a newer one fails. */
export function Shown<Data>({ query: { data, error, refetch }, rows = 4, children }: Asked<Data>) {
  if (data !== undefined) return children(data)
  if (isGone(error))
    return (
      <Empty icon="search" title="It is not here">
        {error.message}
      </Empty>
    )
  if (error)
    return (
      <Alert color="red" title="This could not be read" icon={<Icon name="alert" />} m="md">
        <Text size="sm" mb="sm">
          {error.message}
        </Text>
        <Button variant="light" color="red" onClick={() => void refetch()}>
          Ask again
        </Button>
      </Alert>
    )
  return (
    <Stack p="lg" gap="sm" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} h={22} w={`${92 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}
