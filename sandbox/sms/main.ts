// The SMS provider of the sandbox: a stand-in, not a part of the product. GET of its URL lists what it has taken.
import { startSms } from './server.ts'

const { SMS_PORT = '4020', SMS_HOST = '127.0.0.1' } = process.env

try {
  const sms = await startSms({ port: Number(SMS_PORT), host: SMS_HOST })
  process.stdout.write(`SMS provider of the sandbox: SMS_URL=${sms.url}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void sms.close().then(() => process.exit(0)))
} catch (error) {
  process.stderr.write(`The SMS provider could not start: ${(error as Error).message}\n`)
  process.exit(1)
}
