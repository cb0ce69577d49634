import { Alert, Anchor, Badge, Button, Code, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { AuditView, InvariantFinding } from '../../../src/admin/contract/index.ts'
import { admin, post } from '../api/ask.ts'
import { useAudit } from '../api/queries.ts'
import { Card, Empty, PageHead, Shown } from '../parts/frame.tsx'
import { Listing } from '../parts/listing.tsx'
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
      <Card flush>
        <Shown query={audit} rows={10}>
          {({ latest }) => <Findings findings={latest?.findings ?? []} />}
        </Shown>
      </Card>
      {asks && (
        <ReasonDialog
          title="Run the audit"
          verb="Run"
          words="It reads every order and changes nothing. On a million orders it takes minutes."
          send={(reason) => post(admin('audit'), { reason })}
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
  const outcome = broken === 0 ? 'nothing is broken' : `${broken} of ${findings.length} are broken`
  return `Looked at ${ago(at)} by ${operator}, in ${duration(seconds * 1_000)}: ${outcome}.`
}

/** What is broken first, then what warns, then what could not be looked at. */
const weightOf = ({ count: many, onlyWarns, skipped }: InvariantFinding) =>
  skipped !== undefined ? 1 : many === 0 ? 0 : onlyWarns ? 2 : 3

const Findings = ({ findings }: { findings: readonly InvariantFinding[] }) => (
  <Listing
    columns={['Invariant', 'Verdict']}
    rows={findings.toSorted((a, b) => weightOf(b) - weightOf(a))}
    keyOf={({ invariant }) => invariant}
    empty={
      <Empty icon="check" title="Nobody has looked yet">
        The audit holds every order against its events, its money and its stock. <Code>fanfare audit</Code> does the
        same on the command line, and compares what the payment gateway says.
      </Empty>
    }
  >
    {(finding) => <Row finding={finding} />}
  </Listing>
)

function Row({ finding }: { finding: InvariantFinding }) {
  const { invariant, says, offenders, count: many, skipped } = finding
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td>
        <Text size="sm" fw={550}>
          {says}
        </Text>
        <Text size="xs" c="dimmed">
          {invariant}
        </Text>
        {offenders.length > 0 && (
          <Alert color={finding.onlyWarns ? 'yellow' : 'red'} mt="xs" p="sm">
            <Stack gap={4}>
              {offenders.map(({ who, why }) => (
                <Text key={`${who} ${why}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
                  <Who id={who} />: {why}
                </Text>
              ))}
              {many > offenders.length && <Text size="sm">… and {count(many - offenders.length)} more</Text>}
            </Stack>
          </Alert>
        )}
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Verdict {...{ finding }} />
        {skipped !== undefined && (
          <Text size="xs" c="dimmed" maw={200} style={{ whiteSpace: 'normal' }}>
            {skipped}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function Verdict({ finding: { count: many, onlyWarns, skipped } }: { finding: InvariantFinding }) {
  const [colour, word] =
    skipped !== undefined
      ? ['gray', 'not checked']
      : many === 0
        ? ['teal', 'holds']
        : onlyWarns
          ? ['yellow', `${count(many)} to look at`]
          : ['red', `broken by ${count(many)}`]
  return (
    <Group gap={4}>
      <Badge color={colour}>{word}</Badge>
    </Group>
  )
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An id is looked for as whatever it is. */
const Who = ({ id }: { id: string }) =>
  UUID.test(id) ? (
    <Anchor component={Link} to={`/orders?q=${id}`} size="sm">
      {id}
    </Anchor>
  ) : (
    <b>{id}</b>
  )
