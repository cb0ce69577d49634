// Receives webhooks, checks that they are signed with the secret, and prints them: node examples/webhook-receiver.mjs 8080 whsec_…
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks' // in a project of your own: npm install standardwebhooks

const [port, secret] = process.argv.slice(2)
const webhook = new Webhook(secret)

const server = createServer(async (request, response) => {
  try {
    const body = await text(request) // as it came: the signature is over these bytes
    const event = webhook.verify(body, request.headers) // throws when the signature is wrong, or older than five minutes
    console.log(`webhook: ${event.type} of order ${event.orderId}, well signed`)
    response.writeHead(204).end() // any 2xx says: I have it
  } catch (error) {
    console.log(`webhook refused: ${error.message}`)
    response.writeHead(400).end()
  }
})
server.listen(Number(port), '127.0.0.1', () => console.log(`webhooks are awaited at http://127.0.0.1:${port}/`))
