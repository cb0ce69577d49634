import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Express, Request, Response } from 'express'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** Filled with what allows the styles of this one answer. */
const NONCE = '__NONCE__'

interface Asset {
  type: string
  plain: Buffer
  packed: Buffer
}

/**
 * Serves the built console. Its files have their content in their names, and are read once. Every other path beneath
 * `/console/` is a place within the page.
 * @param folder of the built files; where they are missing, the page says how to build them
 */
export function serveConsole(app: Express, folder: string): void {
  const assets = readAssets(folder)
  const page = existsSync(path.join(folder, 'index.html'))
    ? readFileSync(path.join(folder, 'index.html'), 'utf8')
    : NOT_BUILT
  app.get('/console', (_request, response) => response.redirect('/console/'))
  app.get('/console/assets/:name', (request, response, next) => {
    const asset = assets.get(request.params.name)
    if (asset) sendAsset(request, response, asset)
    else next()
  })
  app.get(['/console/', '/console/{*place}'], (_request, response) => sendPage(response, page))
}

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const place = path.join(folder, 'assets')
  if (!existsSync(place)) return new Map()
  return new Map(
    readdirSync(place).map((name) => {
      const plain = readFileSync(path.join(place, name))
      return [name, { type: TYPES[path.extname(name)] ?? 'application/octet-stream', plain, packed: gzipSync(plain) }]
    }),
  )
}

function sendAsset({ headers }: Request, response: Response, { type, plain, packed }: Asset): void {
  const takesPacked = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  const content = takesPacked ? packed : plain
  response
    .writeHead(200, {
      'Content-Type': type,
      'Content-Length': content.length,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
      Vary: 'Accept-Encoding',
      ...(takesPacked && { 'Content-Encoding': 'gzip' }),
    })
    .end(content)
}

function sendPage(response: Response, page: string): void {
  const nonce = randomBytes(16).toString('base64url')
  const text = page.replaceAll(NONCE, nonce)
  response
    .writeHead(200, {
      'Content-Type': TYPES['.html'],
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policyFor(nonce),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    })
    .end(text)
}

/** Nothing from elsewhere, nothing inline but the styles that the page itself puts in. */
const policyFor = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Fanfare</title>
<p>The console is not built here. <code>npm run build:console</code> builds it, and <code>npm start</code> does so by itself.</p></html>`
