import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core'

/** A new key, which nobody can read again. */
export const ShownOnce = ({ apiKey, onClose }: { apiKey: string; onClose: () => void }) => (
  <Modal opened onClose={onClose} title="The new key" centered>
    <Stack>
      <Alert color="orange">It is shown this once. Only its hash is stored.</Alert>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        {apiKey}
      </Code>
      <Group justify="flex-end">
        <CopyButton value={apiKey}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  </Modal>
)
