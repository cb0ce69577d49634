import { Anchor, Badge, Box, Button, Code, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { AuditView, InvariantFinding } from '../../../src/admin/contract/index.ts'
import { admin } from '../api/ask.ts'
import { useAudit } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Icon } from '../parts/icons.tsx'
import { ReasonDialog } from '../parts/dialogs/reason-dialog.tsx'
import { ago, count, duration } from '../parts/words.ts'

/** What must hold whatever has crashed, and what breaks it. */
export function InvariantsPage() {
  const audit = useAudit()
  const [asks, setAsks] = useState(false)
  const running = audit.data?.running ?? false
  return (
    <>
      <PageHead
        title="Invariants"
        words={<Words audit={audit.data} />}
        actions={
          <Button onClick={() => setAsks(true)} loading={running}>
            Run the audit …
          </Button>
        }
      />
      <Shown query={audit} rows={10}>
        {({ latest }) => <Findings findings={latest?.findings ?? []} />}
      </Shown>
      {asks && (
        <ReasonDialog
          title="Run the audit"
          verb="Run"
          words="It reads every order and changes nothing. On a million orders it takes minutes."
          send={(reason, post) => post(admin('audit'), { reason })}
          onClose={() => setAsks(false)}
        />
      )}
    </>
  )
}

function Words({ audit }: { audit: AuditView | undefined }) {
  if (audit?.running) return 'An audit is under way …'
  if (!audit?.latest) return 'Orders, events, stock, money and read models, held against each other.'
  const { at, seconds, operator, findings } = audit.latest
  const broken = findings.filter(({ count: many, onlyWarns }) => many > 0 && !onlyWarns).length
  const outcome =
    broken === 0 ? 'nothing is broken' : `${broken} of ${findings.length} ${broken === 1 ? 'is' : 'are'} broken`
  return `Looked at ${ago(at)} by ${operator}, in ${duration(seconds * 1_000)}: ${outcome}.`
}

/** What is broken first, then what warns; what holds is told in short. */
function Findings({ findings }: { findings: readonly InvariantFinding[] }) {
  if (findings.length === 0)
    return (
      <Card flush>
        <Empty icon="check" title="Nobody has looked yet">
          The audit holds every order against its events, its money and its stock. <Code>fanfare audit</Code> does the
          same on the command line, and compares what the payment gateway says.
        </Empty>
      </Card>
    )
  const found = findings.filter(({ count: many }) => many > 0)
  const skipped = findings.filter((one) => one.skipped !== undefined)
  const holding = findings.filter((one) => one.count === 0 && one.skipped === undefined)
  return (
    <Stack gap="lg">
      {found
        .toSorted((a, b) => Number(a.onlyWarns) - Number(b.onlyWarns))
        .map((finding) => (
          <Found key={finding.invariant} finding={finding} />
        ))}
      {skipped.length > 0 && <Told title="Not checked" findings={skipped} />}
      <Told title={found.length > 0 ? 'The others hold' : 'These hold'} findings={holding} />
    </Stack>
  )
}

/** What breaks an invariant, or is to be looked at. */
function Found({ finding: { invariant, says, onlyWarns, offenders, count: many } }: { finding: InvariantFinding }) {
  const colour = onlyWarns ? 'var(--late)' : 'var(--bad)'
  return (
    <Box
      component="section"
      className="card bar-left"
      px="lg"
      py="md"
      style={{ '--bar': colour }}
      aria-label={invariant}
    >
      <Text size="xs" fw={700} c={colour}>
        {onlyWarns ? `${count(many)} to look at` : `Broken by ${count(many)}`}
      </Text>
      <Text fw={600}>{says}</Text>
      <Text size="xs" c="dimmed" mb="sm">
        {invariant}
      </Text>
      <Stack component="ul" gap={6} p={0} m={0} style={{ listStyle: 'none' }}>
        {offenders.map(({ who, why }) => (
          <Text key={`${who} ${why}`} component="li" size="sm" style={{ overflowWrap: 'anywhere' }}>
            <Who id={who} />: {why}
          </Text>
        ))}
      </Stack>
      {many > offenders.length && (
        <Text size="sm" c="dimmed" mt={6}>
          and {count(many - offenders.length)} more: <Code>fanfare audit</Code> lists them
        </Text>
      )}
    </Box>
  )
}

const Told = ({ title, findings }: { title: string; findings: readonly InvariantFinding[] }) => (
  <Card title={title} aside={<Badge color="gray">{count(findings.length)}</Badge>} flush>
    <Box component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
      {findings.map(({ invariant, says, skipped }) => (
        <Group
          key={invariant}
          component="li"
          justify="space-between"
          gap="xs"
          px="lg"
          py={8}
          style={{ borderTop: '1px solid var(--line)' }}
        >
          <Group gap="sm" wrap="nowrap" align="flex-start" style={{ flex: '1 1 420px' }}>
            <Box c={skipped === undefined ? 'var(--ok)' : 'var(--ink-2)'} mt={3}>
              <Icon name={skipped === undefined ? 'check' : 'clock'} size={15} />
            </Box>
            <Text size="sm">
              {says}
              {skipped !== undefined && ` Not now: ${skipped}.`}
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            {invariant}
          </Text>
        </Group>
      ))}
    </Box>
  </Card>
)

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An id is looked for as whatever it is. */
const Who = ({ id }: { id: string }) =>
  UUID.test(id) ? (
    <Anchor component={Link} to={`/orders?q=${id}`} size="sm" underline="always">
      {id}
    </Anchor>
  ) : (
    <b>{id}</b>
  )
