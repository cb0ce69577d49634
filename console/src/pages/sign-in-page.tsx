import { Alert, Box, Button, Center, Code, Group, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ask } from '../api/ask.ts'
import { Mark } from '../parts/mark.tsx'

const LINK = '#sign-in='

/** By a link that holds once, or by a key. The key is handed over once and lives on in a cookie that no script can read. */
export function SignInPage() {
  const [key, setKey] = useState('')
  const [fault, setFault] = useState<{ of: 'key' | 'link'; message: string }>()
  const [busy, setBusy] = useState(location.hash.startsWith(LINK))
  const queries = useQueryClient()
  const begun = useRef(false)

  const signIn = async (body: { key: string } | { link: string }) => {
    setBusy(true)
    setFault(undefined)
    try {
      queries.setQueryData(['session'], await ask('/v1/admin/session', { method: 'POST', body }))
    } catch (error) {
      setFault({ of: 'key' in body ? 'key' : 'link', message: (error as Error).message })
    } finally {
      setBusy(false)
    }
  }

  useEffect(() => {
    if (begun.current || !location.hash.startsWith(LINK)) return
    begun.current = true
    const link = location.hash.slice(LINK.length)
    history.replaceState(null, '', '/console/') // the link is used, and shall not lie in the history
    void signIn({ link })
  })

  return (
    <Center mih="100dvh" p="md" component="main">
      <Box className="card" p="xl" w="100%" maw={420}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void signIn({ key: key.trim() })
          }}
        >
          <Stack>
            <Group gap="sm">
              <Mark />
              <Title order={1}>Fanfare</Title>
            </Group>
            <Text size="sm" c="dimmed">
              Sign in with a key that has the scope <Code>admin</Code>, or open the link that{' '}
              <Code>fanfare console</Code> prints.
            </Text>
            {fault?.of === 'link' && (
              <Alert color="orange" p="sm">
                {fault.message} <Code>npm run console</Code> in this project, or <Code>fanfare console</Code>, prints
                one.
              </Alert>
            )}
            <PasswordInput
              label="Key"
              autoComplete="current-password"
              value={key}
              onChange={({ currentTarget }) => setKey(currentTarget.value)}
              error={fault?.of === 'key' && fault.message}
              data-autofocus
            />
            <Button type="submit" loading={busy} disabled={key.trim() === ''}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Box>
    </Center>
  )
}
