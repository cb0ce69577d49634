import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Express, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { answer } from '../answer.ts'

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

/** Scalar's API reference (MIT), as its package has it, gzipped: `npm run openapi -- page` gets it. */
const SCALAR = path.join(import.meta.dirname, 'page/scalar.js.gz')

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Fanfare API</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <div id="reference"></div>
    <script src="scalar.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`

/** Nothing is asked of other hosts, and the key stays in this browser until it is deleted there. */
const CONFIGURATION = {
  url: '/openapi.json',
  persistAuth: true,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
}

/** Inline it would need an exception from the page's security policy. */
const START = `Scalar.createApiReference('#reference', ${JSON.stringify(CONFIGURATION)})\n`

/** Scripts of our own alone, requests to this host alone; Scalar writes its styles into the page. */
const POLICY = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ['data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
})

/** The document for programs, and a page for people. What they get is always whole: no ranges, no conditions. */
export function serveDocumentation(app: Express, document: Record<string, unknown>): void {
  const text = JSON.stringify(document)
  const toPage: RequestHandler = (_request, response) => response.redirect('/docs/')
  app.get('/openapi.json', (_request, response) => answer(response, 200, { text }))
  app.get(['/', '/docs'], POLICY, toPage)
  app.get('/docs/', POLICY, (_request, response) => send(response, HTML, PAGE))
  app.get('/docs/start.js', POLICY, (_request, response) => send(response, SCRIPT, START))
  app.get('/docs/scalar.js', POLICY, sendScalar)
}

const sendScalar: RequestHandler = ({ headers }, response) => {
  const zipped = readFileSync(SCALAR)
  response.setHeader('Vary', 'Accept-Encoding')
  if (!headers['accept-encoding']?.includes('gzip')) return send(response, SCRIPT, gunzipSync(zipped))
  response.setHeader('Content-Encoding', 'gzip')
  send(response, SCRIPT, zipped)
}

function send(response: Response, type: string, content: string | Buffer): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(content) }).end(content)
}
