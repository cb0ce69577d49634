// A real SMTP server that keeps nothing, on SMTP_PORT: a catcher with a page takes as long for a mail as Fanfare does.
import { SMTPServer } from 'smtp-server'

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  disableReverseLookup: true,
  onData(stream, _session, done) {
    stream.on('end', done)
    stream.resume()
  },
})
server.on('error', () => {}) // a client that goes away
server.listen(Number(process.env['SMTP_PORT']), '127.0.0.1', () => process.stdout.write('accepting mail\n'))
process.once('SIGTERM', () => process.exit(0))
