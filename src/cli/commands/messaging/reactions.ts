import type { Command } from 'commander'
import { listPauses, pauseReaction, resumeReaction } from '#messaging'
import { withDatabase } from '../../connect.ts'
import { asOperator } from '../../dead-letters/open.ts'
import { host } from '../../host.ts'
import { signed, type Signature } from '../../in-name.ts'
import { exits } from '../../run.ts'
import { json } from '../../terminal/options.ts'
import { EXIT, say, sayJson, table } from '../../terminal/output.ts'

const help = () => `
Exit codes: 0 ok · 2 wrong usage, or refused without changing anything

Examples:
  ${host().call("reactions pause notification.email-customer --reason 'the template is wrong'")}
  ${host().call('reactions resume notification.email-customer')}`

/** Pausing a reaction, and letting it go on. */
export function addReactions(program: Command): void {
  const reactions = program
    .command('reactions')
    .description('pause a reaction: what it is owed waits until it is resumed')
    .addHelpText('after', help)
  reactions
    .command('paused')
    .description('those that are paused, by whom and why')
    .addOption(json())
    .action(exits(list))
  signed(reactions.command('pause <reaction>').description('no process runs it from now on')).action(
    exits((name: string, flags: Signature) => change(name, flags, 'pause')),
  )
  signed(reactions.command('resume <reaction>').description('let it go on, with all that has waited')).action(
    exits((name: string, flags: Signature) => change(name, flags, 'resume')),
  )
}

async function list({ json: asJson }: { json?: boolean }): Promise<number> {
  const pauses = await withDatabase(listPauses)
  if (asJson) sayJson(pauses)
  else if (pauses.length === 0) say('No reaction is paused.')
  else
    say(
      table(
        ['reaction', 'since', 'by', 'why'],
        pauses.map(({ reaction, since, operator, reason }) => [reaction, since.toISOString(), operator, reason ?? '']),
      ),
    )
  return EXIT.ok
}

const SAID = {
  pause: 'is paused: processes heed it within seconds, and its messages wait.',
  resume: 'goes on within seconds.',
}

async function change(reaction: string, { as, reason }: Signature, word: 'pause' | 'resume'): Promise<number> {
  const asked = { reaction, reason }
  await asOperator(as, reaction, (context) =>
    word === 'pause' ? pauseReaction(context, asked) : resumeReaction(context, asked),
  )
  say(`${reaction} ${SAID[word]}`)
  return EXIT.ok
}
