type Command = (argument: never) => unknown

interface Question {
  id: number
  command: string
  argument: unknown
}

/** The other end of `Launcher.remote`: answers questions of the process that started this one, until it is told to stop. */
export function serveCommands(
  commands: Record<string, Command>,
  onStop: () => Promise<unknown> = async () => {},
): void {
  const all: Record<string, Command> = { ready: () => true, ...commands }
  process.on('message', (question: Question) => void answer(all, question))
  const stop = () => void onStop().finally(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('disconnect', stop) // whoever asks is gone
}

async function answer(commands: Record<string, Command>, { id, command, argument }: Question) {
  try {
    process.send?.({ id, answer: await commands[command]!(argument as never) })
  } catch (error) {
    process.send?.({ id, error: (error as Error).stack ?? String(error) })
  }
}
