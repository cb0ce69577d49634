import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Express, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { answer } from '../answer.ts'

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

/** What the page loads of swagger-ui-dist, and nothing else of its folder. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': SCRIPT,
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Fanfare API</title>
    <link rel="icon" type="image/png" href="favicon-32x32.png" />
    <link rel="stylesheet" href="swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`

/** Inline it would need an exception from the page's security policy. */
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true })\n`

/** The document for programs, and a page for people. What they get is always whole: no ranges, no conditions. */
export function serveDocumentation(app: Express, document: Record<string, unknown>): void {
  const text = JSON.stringify(document)
  const forBrowsers = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } })
  const toPage: RequestHandler = (_request, response) => response.redirect('/docs/')
  app.get('/openapi.json', (_request, response) => answer(response, 200, { text }))
  app.get(['/', '/docs'], forBrowsers, toPage)
  app.get('/docs/', forBrowsers, (_request, response) => send(response, HTML, PAGE))
  app.get('/docs/start.js', forBrowsers, (_request, response) => send(response, SCRIPT, START))
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  for (const [name, type] of Object.entries(ASSETS))
    app.get(`/docs/${name}`, forBrowsers, async (_request, response) => {
      send(response, type, await readFile(path.join(folder, name)))
    })
}

function send(response: Response, type: string, content: string | Buffer): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(content) }).end(content)
}
