import {
  ActionIcon,
  Anchor,
  AppShell,
  Badge,
  Box,
  Burger,
  Center,
  Group,
  Loader,
  Stack,
  Text,
  Title,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, type ReactNode } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { ApiProblem, ask } from './api/ask.ts'
import { LiveContext, useLiveConnection, useLive } from './api/live.ts'
import { useOverview, useSession } from './api/queries.ts'
import { DeadLettersPage } from './pages/dead-letters/dead-letters-page.tsx'
import { EventsPage } from './pages/events/events-page.tsx'
import { InvariantsPage } from './pages/invariants-page.tsx'
import { KeysPage } from './pages/keys/keys-page.tsx'
import { LogPage } from './pages/log-page.tsx'
import { OrderPage } from './pages/order/order-page.tsx'
import { OrdersPage } from './pages/order/orders-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { ProjectionsPage } from './pages/projections-page.tsx'
import { ReactionsPage } from './pages/reactions/reactions-page.tsx'
import { SchedulesPage } from './pages/schedules-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { WebhooksPage } from './pages/webhooks/webhooks-page.tsx'
import { Empty } from './parts/frame.tsx'
import { Icon, type IconName } from './parts/icons.tsx'
import { Mark } from './parts/mark.tsx'
import { RepairDialogs } from './parts/dialogs/repair.tsx'
import { clockOf } from './parts/words.ts'
import { SearchBox } from './parts/search-box.tsx'

const FlowPage = lazy(() => import('./pages/flow/flow-page.tsx'))

const PLACES: { to: string; name: string; icon: IconName }[] = [
  { to: '/', name: 'Overview', icon: 'overview' },
  { to: '/orders', name: 'Orders', icon: 'search' },
  { to: '/dead-letters', name: 'Dead letters', icon: 'letters' },
  { to: '/reactions', name: 'Reactions', icon: 'reactions' },
  { to: '/flow', name: 'Flow', icon: 'flow' },
  { to: '/projections', name: 'Projections', icon: 'projections' },
  { to: '/schedules', name: 'Schedules', icon: 'clock' },
  { to: '/events', name: 'Events', icon: 'events' },
  { to: '/webhooks', name: 'Webhooks', icon: 'webhooks' },
  { to: '/invariants', name: 'Invariants', icon: 'check' },
  { to: '/keys', name: 'API keys', icon: 'key' },
  { to: '/log', name: 'Operators', icon: 'log' },
]

/** Whoever is not signed in sees the way in, and nothing else. */
export function App() {
  const session = useSession()
  if (session.isPending)
    return (
      <Center h="100dvh">
        <Loader aria-label="Loading" />
      </Center>
    )
  const isUnknown = session.error instanceof ApiProblem && session.error.status === 401
  if (isUnknown || location.hash.startsWith('#sign-in=')) return <SignInPage />
  if (session.error)
    return (
      <Center h="100dvh" component="main" p="md">
        <Stack align="center" gap="xs" ta="center">
          <Icon name="alert" size={22} />
          <Title order={1}>The console cannot be shown now</Title>
          <Text c="dimmed">{session.error.message} This page tries again by itself.</Text>
        </Stack>
      </Center>
    )
  return <SignedIn actor={session.data.actor} />
}

function SignedIn({ actor }: { actor: string }) {
  const live = useLiveConnection()
  return (
    <LiveContext value={live}>
      <RepairDialogs>
        <Shell actor={actor}>
          <Suspense
            fallback={
              <Center h={300}>
                <Loader aria-label="Loading" />
              </Center>
            }
          >
            <Switch>
              <Route path="/" component={OverviewPage} />
              <Route path="/orders" component={OrdersPage} />
              <Route path="/orders/:id">{({ id }) => <OrderPage key={id} id={id} />}</Route>
              <Route path="/dead-letters/:reaction?/:group?">
                {({ reaction, group }) => <DeadLettersPage reaction={reaction} group={group} />}
              </Route>
              <Route path="/reactions" component={ReactionsPage} />
              <Route path="/flow" component={FlowPage} />
              <Route path="/projections" component={ProjectionsPage} />
              <Route path="/schedules" component={SchedulesPage} />
              <Route path="/events" component={EventsPage} />
              <Route path="/webhooks/:id?">{({ id }) => <WebhooksPage id={id} />}</Route>
              <Route path="/invariants" component={InvariantsPage} />
              <Route path="/keys/:client?">{({ client }) => <KeysPage client={client} />}</Route>
              <Route path="/log" component={LogPage} />
              <Route>
                <Empty icon="search" title="There is nothing here">
                  <Link to="/">To the overview</Link>
                </Empty>
              </Route>
            </Switch>
          </Suspense>
        </Shell>
      </RepairDialogs>
    </LiveContext>
  )
}

function Shell({ actor, children }: { actor: string; children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure(false)
  return (
    <AppShell
      layout="alt"
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <a href="#content" className="skip">
        To the content
      </a>
      <AppShell.Header className="shell-ground" px={{ base: 'md', md: 'xl' }}>
        <Group h="100%" wrap="nowrap" gap="sm">
          <Burger hiddenFrom="sm" opened={opened} onClick={toggle} size="sm" aria-label="Menu" />
          <SearchBox />
          <Box ml="auto" flex="none">
            <LiveSign />
          </Box>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="shell-ground" p="sm" aria-label="Pages">
        <Group px={12} pb="md" pt={6} gap={10} justify="space-between">
          <Group gap={10}>
            <Mark />
            <Text fw={700} size="lg">
              Fanfare
            </Text>
          </Group>
          <Burger hiddenFrom="sm" opened onClick={close} size="sm" aria-label="Close the menu" />
        </Group>
        <Stack gap={2} component="ul" p={0} m={0} style={{ listStyle: 'none' }} onClick={close}>
          {PLACES.map((place) => (
            <Place key={place.to} {...place} />
          ))}
        </Stack>
        <Foot actor={actor} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Box maw={1280} mx="auto">
          {children}
        </Box>
      </AppShell.Main>
    </AppShell>
  )
}

function Place({ to, name, icon }: { to: string; name: string; icon: IconName }) {
  const [location] = useLocation()
  const { data } = useOverview()
  const isHere = to === '/' ? location === '/' : location.startsWith(to)
  const dead = data?.deliveries.dead ?? 0
  return (
    <li>
      <Link to={to} className="nav-link" aria-current={isHere ? 'page' : undefined}>
        <Icon name={icon} />
        {name}
        {to === '/dead-letters' && dead > 0 && (
          <Badge ml="auto" color="red.9" variant="filled" size="sm" aria-label={`${dead} open`}>
            {dead > 999 ? '999+' : dead}
          </Badge>
        )}
      </Link>
    </li>
  )
}

function Foot({ actor }: { actor: string }) {
  const queries = useQueryClient()
  const leave = async () => {
    await ask('/v1/admin/session', { method: 'DELETE' }).catch(() => {})
    queries.clear()
    window.location.assign('/console/')
  }
  return (
    <Group mt="auto" px={12} pt="md" gap="xs" justify="space-between" wrap="nowrap">
      <Text size="xs" c="dimmed" truncate title={`Signed in as ${actor}`}>
        {actor}
      </Text>
      <Group gap={2} wrap="nowrap">
        <SchemeSwitch />
        <Tooltip label="Sign out">
          <ActionIcon variant="subtle" color="gray" aria-label="Sign out" onClick={() => void leave()}>
            <Icon name="leave" size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  )
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme()
  const other = useComputedColorScheme('light') === 'light' ? 'dark' : 'light'
  return (
    <Tooltip label={`${other === 'dark' ? 'Dark' : 'Light'} colours`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Use ${other} colours`}
        onClick={() => setColorScheme(other)}
      >
        <Icon name={other === 'dark' ? 'moon' : 'sun'} size={16} />
      </ActionIcon>
    </Tooltip>
  )
}

function LiveSign() {
  const { connected, lostAt, hasEnded } = useLive()
  return (
    <Group gap={8} wrap="nowrap" role="status">
      <Box className="live-dot" data-live={connected} />
      {hasEnded ? (
        <Anchor size="xs" lh={1.3} href="/console/" target="_blank">
          Session ended: sign in
        </Anchor>
      ) : (
        <Text size="xs" c={lostAt ? 'var(--late)' : 'dimmed'} lh={1.3} {...(!lostAt && { visibleFrom: 'xs' })}>
          {lostAt ? `No answer since ${clockOf(lostAt)}` : connected ? 'Live' : 'Connecting …'}
        </Text>
      )}
    </Group>
  )
}
